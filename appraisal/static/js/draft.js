// What is being written, kept as a draft by the API a moment after each change. Nobody else reads it.

import { call, kept, say } from "./page.js";

const form = document.querySelector("form[data-draft]");
const told = form.querySelector("[data-saved]");
const PAUSE = 1200;
let version = Number(form.dataset.version);
let timer = 0;
let saving = false;
let again = false;

form.querySelector(".keep")?.classList.add("unscripted");

function body() {
  const ratings = new Map();
  let comment = "";
  for (const [name, value] of new FormData(form)) {
    const found = /^ratings\[(\d+)\]\.(sheet_id|item|rating|factors\.(.+))$/.exec(name);
    if (name === "statement" || name === "comment") comment = value.replaceAll("\r\n", "\n");
    if (!found) continue;
    const one = ratings.get(found[1]) ?? { factors: {} };
    if (found[3]) {
      if (value.trim()) one.factors[found[3]] = value.trim();
    } else one[found[2]] = found[2] === "sheet_id" ? Number(value) : value.trim();
    ratings.set(found[1], one);
  }
  const given = [...ratings.values()]
    .filter((one) => one.rating || Object.keys(one.factors).length)
    .map((one) => ({ sheet_id: one.sheet_id, item: one.item, rating: one.rating || null, factors: Object.keys(one.factors).length ? one.factors : null }));
  return { comment, ratings: given };
}

async function save() {
  if (saving) {
    again = true;
    return;
  }
  saving = true;
  told.textContent = say("正在保存…", "Saving…");
  try {
    const { value } = await call("PUT", form.dataset.draft, body(), { "If-Match": `"${version}"` });
    version = value.version;
    kept(form);
    const now = new Date();
    const time = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
    told.textContent = say(`已自动保存 ${time}`, `Saved ${time}`);
    told.classList.remove("fault");
  } catch (error) {
    told.classList.add("fault");
    if (error.status === 401) told.textContent = say("登录已过期, 尚未保存。请在新窗口登录, 然后继续。", "Your session has ended and this is not saved. Sign in in another window, then go on.");
    else if (error.status === 412) told.textContent = say("另一个窗口已修改草稿, 尚未保存。请先复制此处内容再刷新。", "The draft was changed in another window, and this is not saved. Copy what you wrote, then reload.");
    else if (error.status === 422) told.textContent = say(`尚未保存: ${error.message}`, `Not saved yet: ${error.message}`);
    else {
      told.textContent = say("暂时无法保存, 稍后自动重试。", "Cannot save just now; trying again shortly.");
      timer = setTimeout(save, 8000);
    }
  }
  saving = false;
  if (again) {
    again = false;
    save();
  }
}

form.addEventListener("input", () => {
  told.textContent = say("未保存", "Not saved yet");
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
});
form.addEventListener("submit", () => clearTimeout(timer));
addEventListener("beforeunload", (event) => {
  if (told.textContent === say("未保存", "Not saved yet") && !form.dataset.sent) event.preventDefault();
});
