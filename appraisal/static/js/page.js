// What every page does: ask before what cannot be undone, send a form once, keep what was typed, choose at once.

const zh = document.documentElement.lang.startsWith("zh");
export const say = (chinese, english) => (zh ? chinese : english);
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

// A page names this file with its digest, and the modules that import it do not: it may run twice, and listens once.
const first = !document.documentElement.classList.contains("scripted");
const changed = (globalThis.changedForms ??= new Set());
document.documentElement.classList.add("scripted");

// A question in the page's own dialog; true when the answer is yes.
export function asks(question, yes) {
  const dialog = document.createElement("dialog");
  dialog.className = "asks";
  const words = document.createElement("p");
  words.textContent = question;
  const row = document.createElement("form");
  row.method = "dialog";
  for (const [value, label, kind] of [["no", say("取消", "Cancel"), ""], ["yes", yes, "main"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = label;
    button.className = kind;
    row.append(button);
  }
  dialog.append(words, row);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) =>
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    }),
  );
}

// The JSON API, with the form token; a refusal is thrown as what the API says of it.
export async function call(method, path, body, headers = {}) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRF-Token": token(), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const value = text ? JSON.parse(text) : null;
  if (!response.ok) throw Object.assign(new Error(value?.detail ?? value?.title ?? response.statusText), { status: response.status, problem: value });
  return { value, etag: response.headers.get("ETag") };
}

export const kept = (form) => changed.delete(form);

if (first) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const pressed = event.submitter;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    const question = pressed?.dataset.asks;
    if (question && !form.dataset.answered) {
      event.preventDefault();
      if (await asks(question, pressed.textContent.trim())) {
        form.dataset.answered = "yes";
        form.requestSubmit(pressed);
      }
      return;
    }
    form.dataset.sent = "yes";
    changed.delete(form);
  });

  // A page that comes back from the browser's memory may be sent again.
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    delete form.dataset.answered;
  }));

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-guarded]")) changed.add(form);
  });
  addEventListener("beforeunload", (event) => {
    if (changed.size) event.preventDefault();
  });

  document.querySelectorAll("form[data-submits]").forEach((form) => form.addEventListener("change", () => form.requestSubmit()));
}
