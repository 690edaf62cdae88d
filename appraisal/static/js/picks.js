// Lists to tick: all at once, and the button and its question say how many.

for (const table of document.querySelectorAll("[data-picks]")) {
  const boxes = [...table.querySelectorAll("tbody input[type=checkbox]:not(:disabled)")];
  const all = table.closest("form").querySelector("input.all");
  const button = table.closest("form").querySelector("[data-counted]");
  const words = button.textContent;
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    button.disabled = chosen === 0;
    button.textContent = chosen ? button.dataset.words.replace("{n}", chosen) : words;
    button.dataset.asks = button.dataset.counted.replace("{n}", chosen);
  };
  all.parentNode.hidden = boxes.length === 0;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  // A shift-click ticks everything in between.
  let last = null;
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last && last !== box) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      count();
    });
  }
  addEventListener("pageshow", count);
  count();
}
