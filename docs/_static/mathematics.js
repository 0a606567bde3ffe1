// Draws every element of class "math" with KaTeX; without a script its TeX stays readable.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const span of document.querySelectorAll(".math:not([data-done])")) {
    const displayMode = span.classList.contains("math-block") || span.classList.contains("block");
    katex.render(span.textContent, span, { displayMode, throwOnError: false });
    span.setAttribute("data-done", "");
  }
});
