// Quizzes of labs: answers and progress stay in this browser, and can be taken elsewhere as a file.
//
// <form class="quiz" data-quiz="lab/question" data-answer="2"> with radios and <p class="why" hidden>.
// [data-quiz-export], [data-quiz-import] (a file input) and [data-quiz-count] may stand anywhere.
"use strict";
(() => {
  const KEY = "infoscope-quiz";
  /** @returns {Record<string, string>} */
  const progress = () => { try { return JSON.parse(localStorage.getItem(KEY) || "{}"); } catch { return {}; } };
  /** @param {Record<string, string>} all */
  const keep = (all) => localStorage.setItem(KEY, JSON.stringify(all));
  const quizzes = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-quiz]"));
  const show = () => {
    const all = progress();
    let right = 0;
    for (const quiz of quizzes) {
      const given = all[quiz.dataset.quiz || ""];
      const good = given !== undefined && given === quiz.dataset.answer;
      if (good) right += 1;
      quiz.classList.toggle("right", good);
      quiz.classList.toggle("no", given !== undefined && !good);
      for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (quiz.querySelectorAll("input[type=radio]")))
        radio.checked = radio.value === given;
      const why = /** @type {HTMLElement | null} */ (quiz.querySelector(".why"));
      if (why) why.hidden = given === undefined;
      const verdict = quiz.querySelector(".verdict");
      if (verdict) verdict.textContent = given === undefined ? "" : good ? "Right." : "Not this one.";
    }
    for (const count of document.querySelectorAll("[data-quiz-count]"))
      count.textContent = `${right} of ${quizzes.length}`;
    for (const mark of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-quiz-prefix]"))) {
      const n = Object.keys(all).filter((key) => key.startsWith(mark.dataset.quizPrefix || "")).length;
      mark.textContent = n ? `${n} answered` : "";
    }
  };
  document.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const quiz = /** @type {HTMLFormElement | null} */ (input.closest("form[data-quiz]"));
    if (quiz) { keep({ ...progress(), [quiz.dataset.quiz || ""]: input.value }); show(); }
    if ("quizImport" in input.dataset && input.files && input.files[0])
      input.files[0].text().then((text) => {
        const read = JSON.parse(text);
        const clean = Object.fromEntries(Object.entries(read).filter(([k, v]) => k.length < 200 && typeof v === "string" && v.length < 200));
        keep({ ...progress(), ...clean });
        show();
      }).catch(() => { const said = document.getElementById("said"); if (said) said.textContent = "This file holds no progress."; });
  });
  document.addEventListener("click", (event) => {
    if (!/** @type {Element} */ (event.target).closest("[data-quiz-export]")) return;
    const link = document.createElement("a");
    link.href = `data:application/json,${encodeURIComponent(JSON.stringify(progress(), null, 1))}`;
    link.download = "infoscope-progress.json";
    link.click();
  });
  show();
})();
