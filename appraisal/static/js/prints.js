// A page that is made to be printed has a button that does so.

document.querySelectorAll("[data-prints]").forEach((button) => button.addEventListener("click", () => print()));
