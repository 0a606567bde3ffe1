// Shannon's game by keyboard: a letter or the space bar presses the key of that name.
"use strict";
document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (event.ctrlKey || event.metaKey || event.altKey || target?.closest("input,textarea,select,summary,a")) return;
  if (event.key === " " && target?.closest("button") && !target.closest(".keys")) return;
  const name = event.key === " " ? "space" : event.key.length === 1 ? event.key.toUpperCase() : "";
  if (!/^([A-Z]|space)$/.test(name)) return;
  const key = /** @type {HTMLButtonElement | null} */ (document.querySelector(`.keys [data-move="letter.${name}"]`));
  const form = key && key.form;
  if (!key || !form) return;
  event.preventDefault();
  // While an answer is on its way the keys still show the letter before: the press waits in the row.
  if (!key.disabled || "busy" in form.dataset) form.dispatchEvent(new CustomEvent("press", { detail: `letter.${name}` }));
});
