// A job's progress bar, kept up to date until the job is over; then the page is shown anew with what it came to.

import { call } from "./page.js";

const EVERY = 1500;
const LONGEST = 30000;

async function follow(box) {
  let wait = EVERY;
  while (true) {
    await new Promise((go) => setTimeout(go, wait));
    try {
      const { value } = await call("GET", `/jobs/${box.dataset.job}`);
      wait = EVERY;
      if (value.over) return location.reload();
      box.querySelector("[data-count]").textContent = value.total ? `${value.done} / ${value.total}` : value.done || "";
      const bar = box.querySelector("progress");
      if (bar && value.total) {
        bar.max = value.total;
        bar.value = value.done;
      }
    } catch (refused) {
      if (refused.status && refused.status < 500) return;
      wait = Math.min(2 * wait, LONGEST);
    }
  }
}

document.querySelectorAll("[data-job]:not([data-over])").forEach(follow);
