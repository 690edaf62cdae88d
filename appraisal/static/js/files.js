// Evidence: a file is kept as soon as it is chosen, and the form names it by its id.

import { say, token } from "./page.js";

for (const field of document.querySelectorAll("[data-files]")) {
  const input = field.querySelector("input[type=file]");
  const list = field.querySelector(".kept");
  input.addEventListener("change", async () => {
    for (const file of input.files) {
      const line = document.createElement("li");
      line.textContent = `${file.name} … ${say("上传中", "uploading")}`;
      list.append(line);
      const body = new FormData();
      body.append("file", file);
      const response = await fetch("/api/v1/files", {
        method: "POST",
        headers: { "X-CSRF-Token": token(), "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` },
        body,
      });
      const answer = await response.json();
      if (!response.ok) {
        line.className = "fault";
        line.textContent = `${file.name}: ${answer.detail ?? answer.title}`;
        continue;
      }
      line.textContent = file.name;
      const id = document.createElement("input");
      Object.assign(id, { type: "hidden", name: `${field.dataset.files}[]`, value: answer.id });
      const drop = document.createElement("button");
      Object.assign(drop, { type: "button", className: "plain", textContent: say("移除", "Remove") });
      drop.addEventListener("click", () => line.remove());
      line.append(" ", drop, id);
    }
    input.value = "";
  });
}
