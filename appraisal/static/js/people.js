// Fields for an employee's number: while one types a number, a name or a unit, whom it may mean. Without this the number is typed.

import { say } from "./page.js";

const PAUSE = 150;
const equipped = new WeakSet();
let lists = 0;

function equip(input) {
  if (equipped.has(input)) return;
  equipped.add(input);
  const anchor = input.closest("label") ?? input;
  const list = document.createElement("ul");
  Object.assign(list, { id: `people-${(lists += 1)}`, className: "people", role: "listbox", hidden: true });
  list.setAttribute("aria-label", say("可能的人", "Whom this may mean"));
  const told = document.createElement("p");
  Object.assign(told, { className: "help meant", role: "status" });
  anchor.after(list, told);
  anchor.parentElement.classList.add("combo");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) input.setAttribute(name, value);
  input.autocomplete = "off";
  input.placeholder ||= say("工号、姓名或部门", "Number, name or unit");

  let found = [];
  let at = -1;
  let timer = 0;
  let asked = null;

  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const named = (one) => [one.name, one.place].filter(Boolean).join(" · ");

  const take = (one) => {
    input.value = one.number;
    told.textContent = named(one);
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const go = (to) => {
    at = (to + found.length) % found.length;
    list.querySelectorAll("[role=option]").forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    const option = list.children[at];
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const show = () => {
    list.replaceChildren(...found.map((one, place) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `${list.id}-${place}`, role: "option" });
      option.setAttribute("aria-selected", "false");
      const name = document.createElement("b");
      name.textContent = `${one.name} `;
      const rest = document.createElement("span");
      rest.className = "quiet";
      rest.textContent = [one.number, one.place].filter(Boolean).join(" · ");
      option.append(name, rest);
      // A press must not take the focus away before it counts.
      option.addEventListener("pointerdown", (event) => event.preventDefault());
      option.addEventListener("click", () => take(one));
      return option;
    }));
    list.style.top = `${input.offsetTop + input.offsetHeight}px`;
    list.style.left = `${input.offsetLeft}px`;
    list.style.minWidth = `${input.offsetWidth}px`;
    list.hidden = found.length === 0;
    at = -1;
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(found.length > 0));
  };

  const ask = async (wanted) => {
    asked?.abort();
    asked = new AbortController();
    try {
      const response = await fetch(`${input.dataset.people}?q=${encodeURIComponent(wanted)}`, { signal: asked.signal });
      return response.ok ? await response.json() : [];
    } catch {
      return null; // another letter has been typed, or there is no connection: the number can still be typed
    }
  };

  const look = async () => {
    const wanted = input.value.trim();
    found = [];
    told.textContent = "";
    if (wanted) {
      const answer = await ask(wanted);
      if (answer === null || input.value.trim() !== wanted) return;
      found = answer;
      const exact = found.find((one) => one.number === wanted);
      told.textContent = exact ? named(exact) : found.length ? "" : say("没有找到您可以查看的人。知道工号的可以直接填写。", "Nobody whom you may look up. If you know the number, just type it.");
    }
    if (document.activeElement === input) show();
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!found.length) return;
      event.preventDefault();
      if (list.hidden) show();
      go(event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1);
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      take(found[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", () => {
    // Whoever writes a whole name and goes on has said whom they mean, if only one has it.
    const meant = found.filter((one) => one.name === input.value.trim());
    if (meant.length === 1) take(meant[0]);
    close();
  });

  if (input.value.trim() && input.closest(".person")) look();
}

document.querySelectorAll("input[data-people]").forEach(equip);
// Lines that come later are equipped when somebody gets there.
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("input[data-people]")) equip(event.target);
});
