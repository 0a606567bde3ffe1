// A table in bits: a press on a column's name makes it the target, and asks again.
"use strict";
(() => {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("controls"));
  const target = /** @type {HTMLTextAreaElement | null} */ (form && form.querySelector("[name=target]"));
  if (!form || !target) return;
  const own = () => /** @type {HTMLInputElement | null} */ (form.querySelector("[name=shown]"))?.value === "own";
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[data-pick]")) : null;
    if (!button) return;
    target.value = button.dataset.pick || "";
    for (const each of document.querySelectorAll("[data-pick]")) each.setAttribute("aria-pressed", String(each === button));
    target.dispatchEvent(new Event("input", { bubbles: true }));
    if (own()) /** @type {HTMLElement | null} */ (form.querySelector("[data-run]:not([disabled])"))?.click();
  });
  target.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // a name has one line
    if (own()) /** @type {HTMLElement | null} */ (form.querySelector("[data-run]:not([disabled])"))?.click();
  });
  form.querySelector("[type=file]")?.addEventListener("change", (event) => {
    const chosen = /** @type {HTMLInputElement} */ (event.target).files?.length;
    if (chosen) /** @type {HTMLElement | null} */ (form.querySelector("[data-run]:not([disabled])"))?.click();
  });
})();
