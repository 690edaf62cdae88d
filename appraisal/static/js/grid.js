// The scoring grid: arrows move, digits type, c goes to the comment; each person's row is kept as a draft a moment after a change.

import { call, say } from "./page.js";

const PAUSE = 900;
const grid = document.querySelector("[data-grid]");
const least = (cell) => cell.dataset.least ?? grid.dataset.least;
const most = (cell) => cell.dataset.most ?? grid.dataset.most;

function isRating(cell) {
  const text = cell.value.trim();
  return text === "" || (/^\d+(\.\d+)?$/.test(text) && Number(text) >= Number(least(cell)) && Number(text) <= Number(most(cell)));
}

const rows = [...(grid?.tBodies[0].rows ?? [])];
const cells = (row) => [...row.querySelectorAll(".cell")];

function move(from, down, right) {
  const own = from.closest("tr");
  const place = cells(own).indexOf(from);
  if (right) {
    cells(own)[place + right]?.focus();
    return;
  }
  // The parts of a goal stand below each other in one cell.
  const parts = [...from.closest("td").querySelectorAll(".cell")];
  const beside = parts[parts.indexOf(from) + down];
  if (beside) {
    beside.focus();
    return;
  }
  const column = from.closest("td").cellIndex;
  for (let next = rows.indexOf(own) + down; rows[next]; next += down) {
    const there = [...(rows[next].cells[column]?.querySelectorAll(".cell") ?? [])];
    if (there.length) {
      there.at(down > 0 ? 0 : -1).focus();
      return;
    }
  }
}

function body(row) {
  const ratings = new Map();
  for (const field of row.querySelectorAll("input[name^='ratings[']")) {
    const [, place, name] = /^ratings\[(\d+)\]\.(.+)$/.exec(field.name);
    const one = ratings.get(place) ?? { rating: null, factors: null };
    if (name === "sheet_id") one.sheet_id = Number(field.value);
    else if (name === "item") one.item = field.value;
    else if (name === "rating") one.rating = field.value.trim() || null;
    else if (field.value.trim()) one.factors = { ...one.factors, [name.slice("factors.".length)]: field.value.trim() };
    ratings.set(place, one);
  }
  const given = [...ratings.values()].filter((one) => one.rating !== null || one.factors);
  return { comment: row.querySelector("textarea").value, ratings: given };
}

for (const row of rows) {
  const told = row.querySelector("[data-saved]");
  let timer = 0;
  let saving = Promise.resolve();
  const save = async () => {
    const changed = [...row.querySelectorAll(".unsaved")];
    const wrong = cells(row).filter((cell) => !isRating(cell));
    cells(row).forEach((cell) => cell.classList.toggle("wrong", wrong.includes(cell)));
    if (wrong.length) {
      told.classList.add("fault");
      const range = [least(wrong[0]), most(wrong[0])];
      told.textContent = say(`未保存: 评分须为 ${range.join(" 至 ")}`, `Not saved: ratings go from ${range.join(" to ")}`);
      return;
    }
    try {
      const { value } = await call("PUT", `/appraisals/${row.dataset.row}/review-draft`, body(row), { "If-Match": `"${row.dataset.version}"` });
      row.dataset.version = value.version;
      changed.forEach((field) => field.classList.remove("unsaved"));
      told.classList.remove("fault");
      told.textContent = say("已保存", "Saved");
    } catch (error) {
      told.classList.add("fault");
      told.textContent =
        error.status === 401
          ? say("登录已过期, 尚未保存", "Signed out: not saved")
          : error.status === 412
            ? say("另一个窗口已修改, 请刷新", "Changed in another window: reload")
            : say(`未保存: ${error.message}`, `Not saved: ${error.message}`);
    }
  };
  row.addEventListener("input", (event) => {
    event.target.classList.add("unsaved");
    told.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(() => { saving = saving.then(save); }, PAUSE);
  });
  row.addEventListener("focusin", (event) => {
    if (event.target.matches(".cell")) event.target.select();
  });
  row.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("textarea")) {
      if (event.key === "Escape") cells(row)[0]?.focus();
      return;
    }
    if (!event.target.matches(".cell")) return;
    const ways = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [event.shiftKey ? -1 : 1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (ways[event.key]) {
      event.preventDefault();
      move(event.target, ...ways[event.key]);
    } else if (event.key === "c" || event.key === "C") {
      event.preventDefault();
      row.querySelector("textarea").focus();
    }
  });
  row.querySelector("form").addEventListener("submit", () => clearTimeout(timer));
}

addEventListener("beforeunload", (event) => {
  if (document.querySelector(".unsaved") && !document.querySelector("form[data-sent]")) event.preventDefault();
});
