// Choosing items: totals as one types, and for sheets with printed groups what stands against the choice and what would do.

import { call, say } from "./page.js";

const form = document.querySelector("[data-items]");
const judged = form?.querySelector("[data-judged]");
const PLACES = 10000n;

// Weights are added exactly: a decimal as a whole number of ten-thousandths; null for what is none.
function exact(text) {
  const found = /^(-?)(\d{1,6})(?:\.(\d{1,4}))?$/.exec(text.trim());
  if (!found) return null;
  const value = BigInt(found[2]) * PLACES + BigInt((found[3] ?? "").padEnd(4, "0") || 0);
  return found[1] ? -value : value;
}

function plain(value) {
  const sign = value < 0n ? "−" : "";
  const size = value < 0n ? -value : value;
  const rest = (size % PLACES).toString().padStart(4, "0").replace(/0+$/, "");
  return `${sign}${size / PLACES}${rest ? `.${rest}` : ""}`;
}

const lines = () => [...form.querySelectorAll(".offer")];
const box = (line) => line.querySelector("input[type=checkbox]");
const weight = (line) => line.querySelector('[name$=".weight"]');

function total(among) {
  return among.filter((line) => box(line).checked).reduce((sum, line) => sum + (exact(weight(line).value) ?? 0n), 0n);
}

function add() {
  for (const part of form.querySelectorAll("[data-part]")) {
    const sum = total([...part.querySelectorAll(".offer")]);
    const shown = part.querySelector("[data-part-total]");
    shown.textContent = plain(sum);
    shown.classList.toggle("late", part.dataset.printed !== undefined && sum !== exact(part.dataset.printed));
  }
  const sum = total(lines());
  form.querySelector("[data-total]").textContent = plain(sum);
  const left = 100n * PLACES - sum;
  const words = left > 0n ? say(`还差 ${plain(left)}`, `${plain(left)} to go`) : say(`超出 ${plain(-left)}`, `${plain(-left)} too many`);
  form.querySelector("[data-left]").textContent = left === 0n ? "" : words;
}

function named(id) {
  const line = lines().find((one) => one.dataset.item === id);
  return line?.querySelector(".choice span")?.firstChild?.textContent.trim() || id;
}

function take(proposal) {
  const weights = new Map(proposal.items.map((one) => [one.id, one.weight]));
  for (const line of lines()) {
    box(line).checked = weights.has(line.dataset.item);
    if (weights.has(line.dataset.item)) weight(line).value = weights.get(line.dataset.item);
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
  add();
  ask();
}

function tell(answer) {
  const chosen = new Set(lines().filter((line) => box(line).checked).map((line) => line.dataset.item));
  const said = document.createElement(answer.findings.length ? "ul" : "p");
  if (answer.findings.length) {
    said.className = "reasons";
    for (const found of answer.findings) {
      const line = document.createElement("li");
      line.textContent = say(found.message.zh, found.message.en);
      line.className = found.severity === "error" ? "late" : "";
      said.append(line);
    }
  } else said.textContent = say("这样选可行, 各组权重与制度一致。", "This choice will do: it keeps the printed weights.");
  judged.replaceChildren(said);
  if (!answer.nearest.length) return;
  const head = document.createElement("p");
  head.textContent = say("最接近的可行选择, 点一下即套用:", "The nearest that would do; press to take one:");
  const list = document.createElement("ul");
  list.className = "proposals";
  for (const one of answer.nearest) {
    const ids = new Set(one.items.map((item) => item.id));
    const without = [...chosen].filter((id) => !ids.has(id)).map(named);
    const more = [...ids].filter((id) => !chosen.has(id)).map(named);
    const words = [];
    if (without.length) words.push(`${say("去掉", "without")} ${without.join(say("、", ", "))}`);
    if (more.length) words.push(`${say("加上", "with")} ${more.join(say("、", ", "))}`);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent =
      (words.join("; ") || say("同样的项目, 按组均分", "the same items, shared evenly by group")) +
      (one.needs_approval ? say(" (权重须报批)", " (weights need approval)") : "");
    button.addEventListener("click", () => take(one));
    const line = document.createElement("li");
    line.append(button);
    list.append(line);
  }
  judged.append(head, list);
}

let waiting;
let asked = 0;
function ask() {
  if (!form.dataset.sheet || !form.querySelector('[data-part="1"]')) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const mine = (asked += 1);
    const items = lines()
      .filter((line) => box(line).checked)
      .map((line) => {
        const value = exact(weight(line).value);
        return { id: line.dataset.item, weight: value === null || value <= 0n ? null : weight(line).value.trim() };
      });
    if (!items.length) return judged.replaceChildren();
    try {
      const { value } = await call("POST", `/sheets/${form.dataset.sheet}/selection`, { items });
      if (mine === asked) tell(value);
    } catch {
      // The form says the same when it is sent.
    }
  }, 350);
}

if (form) {
  form.addEventListener("input", () => {
    add();
    ask();
  });
  add();
}
