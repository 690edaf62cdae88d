// The calibration board: a card is dragged to another column, or moved by arrows and letters; each move asks for its reason.

import { say } from "./page.js";

let dragged = null;

// The card's own form, in a dialog, with the grade chosen already.
function ask(card, grade) {
  if (!grade || grade === card.dataset.grade) return;
  const form = card.querySelector("form");
  const home = form.parentNode;
  const dialog = document.createElement("dialog");
  const heading = document.createElement("h2");
  heading.textContent = `${card.dataset.name}: ${card.dataset.grade} → ${grade}`;
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.textContent = say("取消", "Cancel");
  cancel.addEventListener("click", () => dialog.close());
  form.querySelector(".acts").append(cancel);
  form.querySelector("select").value = grade;
  dialog.append(heading, form);
  dialog.addEventListener("close", () => {
    cancel.remove();
    form.querySelector("select").value = card.dataset.grade;
    home.append(form);
    dialog.remove();
    card.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  form.querySelector("textarea").focus();
}

for (const board of document.querySelectorAll("[data-board]")) {
  const grades = [...board.querySelectorAll(".rank")].map((column) => column.dataset.grade);
  for (const card of board.querySelectorAll(".seat[draggable]")) {
    card.addEventListener("dragstart", (event) => {
      dragged = card;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", card.id);
      card.classList.add("dragged");
    });
    card.addEventListener("dragend", () => {
      card.classList.remove("dragged");
      board.querySelectorAll(".aim").forEach((column) => column.classList.remove("aim"));
      dragged = null;
    });
    card.addEventListener("keydown", (event) => {
      if (event.target !== card || event.ctrlKey || event.metaKey || event.altKey) return;
      const place = grades.indexOf(card.dataset.grade);
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const grade = step ? grades[place + step] : grades.find((one) => one.toLowerCase() === event.key.toLowerCase());
      if (step || grade) event.preventDefault();
      ask(card, grade);
    });
  }
  for (const column of board.querySelectorAll(".rank")) {
    column.addEventListener("dragover", (event) => {
      if (dragged === null || !board.contains(dragged)) return;
      event.preventDefault();
      board.querySelectorAll(".aim").forEach((other) => other.classList.toggle("aim", other === column));
      column.classList.add("aim");
    });
    column.addEventListener("drop", (event) => {
      event.preventDefault();
      if (dragged && board.contains(dragged)) ask(dragged, column.dataset.grade);
    });
  }
}
