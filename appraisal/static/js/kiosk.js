// A shared screen: counts down to being signed out, begins anew whenever somebody does something, and leaves when it is over.

import { say } from "./page.js";

const bar = document.querySelector("[data-kiosk]");
if (bar) {
  const most = Number(bar.dataset.kiosk);
  const words = bar.querySelector("[role=timer]");
  const left = bar.querySelector("progress");
  // The server counts from the last request, and so does the bar; it is told that somebody is there, at most every so often.
  const told = 5_000;
  let last = Date.now();

  const leave = () => location.replace(bar.dataset.leads);

  async function used() {
    if (Date.now() - last < told) return;
    last = Date.now();
    const response = await fetch("/api/v1/session", { headers: { Accept: "application/json" } }).catch(() => null);
    if (response?.status === 401) leave();
  }

  for (const event of ["keydown", "pointerdown", "input", "scroll"]) addEventListener(event, used, { passive: true });

  setInterval(() => {
    const seconds = Math.max(0, Math.ceil(most - (Date.now() - last) / 1000));
    left.value = seconds;
    bar.classList.toggle("ending", seconds <= 20);
    words.textContent = say(`${seconds} 秒不操作即退出`, `signed out after ${seconds} seconds without use`);
    if (seconds === 0) leave();
  }, 1000);
}
