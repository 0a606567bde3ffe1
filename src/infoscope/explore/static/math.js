// Turns every <span class="math"> into mathematics with KaTeX, now and whenever a slot changes.
"use strict";
(() => {
  /** @param {ParentNode} part */
  const typeset = (part) => {
    for (const span of part.querySelectorAll(".math:not([data-done])")) {
      const block = span.classList.contains("block");
      // @ts-ignore: katex is a global of its own file
      katex.render(span.textContent, span, { displayMode: block, throwOnError: false });
      span.setAttribute("data-done", "");
      if (block) {
        span.setAttribute("tabindex", "0");
        span.setAttribute("role", "group");
        span.setAttribute("aria-label", "Formula");
      }
    }
  };
  typeset(document);
  document.addEventListener("slot", (event) => typeset(/** @type {Element} */ (event.target)));
})();
