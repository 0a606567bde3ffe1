// Quizzes of labs: what a reader answered stays in this browser, and can be taken elsewhere as a file.
//
// <fieldset data-quiz="lab/question" data-answer="2"> holds radios, <p class="quiz-state"> and a fold
// with the reason. [data-quizzes] holds {question: right answer} of a lab and shows how many are right.
"use strict";
(() => {
  const KEY = "infoscope-quiz", FILE = "infoscope quiz progress";
  /** @typedef {Record<string, string>} Answers */
  /** Only short texts under short names are answers; anything else that was stored is none.
   * @param {unknown} read @returns {Answers} */
  const clean = (read) => Object.fromEntries(Object.entries(read && typeof read === "object" && !Array.isArray(read) ? read : {})
    .filter(([key, value]) => /^[\w-]{1,80}\/[\w-]{1,80}$/.test(key) && typeof value === "string" && /^\d{1,2}$/.test(value)));
  /** @type {Answers} */
  let here = {}; // where the browser keeps nothing (a private window), answers last as long as the page
  /** @returns {Answers} */
  const progress = () => { try { return { ...here, ...clean(JSON.parse(localStorage.getItem(KEY) || "{}")) }; } catch { return here; } };
  /** @param {Answers} all */
  const keep = (all) => { here = all; try { localStorage.setItem(KEY, JSON.stringify(all)); } catch { /* lasts as long as the page */ } };
  /** @param {string} text */
  const say = (text) => {
    const place = document.querySelector("[data-quiz-said]") || document.getElementById("said");
    if (place) place.textContent = text;
  };
  const quizzes = /** @type {NodeListOf<HTMLFieldSetElement>} */ (document.querySelectorAll("fieldset[data-quiz]"));
  const show = () => {
    const all = progress();
    let n = 0;
    for (const quiz of quizzes) {
      const given = all[quiz.dataset.quiz || ""];
      const right = given !== undefined && given === quiz.dataset.answer;
      if (right) n += 1;
      quiz.classList.toggle("right", right);
      quiz.classList.toggle("no", given !== undefined && !right);
      for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (quiz.querySelectorAll("input[type=radio]"))) radio.checked = radio.value === given;
      const state = quiz.querySelector(".quiz-state"), says = given === undefined ? "" : right ? "Right." : "Not this one. Try another, or read why below.";
      if (state && state.textContent !== says) state.textContent = says;
      const why = /** @type {HTMLDetailsElement | null} */ (quiz.querySelector(".quiz-why"));
      if (why && right) why.open = true;
    }
    for (const count of document.querySelectorAll("[data-quiz-count]")) count.textContent = `${n} of ${quizzes.length}`;
    for (const mark of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-quizzes]"))) {
      const answers = Object.entries(/** @type {Answers} */ (JSON.parse(mark.dataset.quizzes || "{}")));
      const right = answers.filter(([key, answer]) => all[key] === answer).length;
      const given = answers.filter(([key]) => key in all).length;
      const unit = answers.length === 1 ? "question" : "questions";
      const first = mark.dataset.first ?? (mark.dataset.first = mark.textContent || "");
      mark.textContent = given ? `${right} of ${answers.length} ${unit} right` : first;
      mark.classList.toggle("all-right", right === answers.length);
    }
  };
  document.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const quiz = /** @type {HTMLElement | null} */ (input.closest("[data-quiz]"));
    if (quiz) { keep({ ...progress(), [quiz.dataset.quiz || ""]: input.value }); show(); }
    const file = "quizImport" in input.dataset && input.files && input.files[0];
    if (!file) return;
    if (file.size > 1e6) say(`${file.name} is no file of progress: it has more than a million bytes.`);
    else file.text().then((text) => {
      const read = JSON.parse(text);
      if (!read || read.about !== FILE) throw new SyntaxError("another file");
      const answers = clean(read.answers), n = Object.keys(answers).length;
      keep({ ...progress(), ...answers });
      show();
      say(n === 1 ? "Read 1 answer." : `Read ${n} answers.`);
    }).catch(() => say(`${file.name} is no file of progress; choose one that “Save to a file” wrote.`));
    input.value = "";
  });
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-quiz-export]")) {
      const all = progress(), n = Object.keys(all).length, link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([JSON.stringify({ about: FILE, answers: all }, null, 1)], { type: "application/json" }));
      link.download = "infoscope-progress.json";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      say(n === 1 ? "Saved 1 answer." : `Saved ${n} answers.`);
    }
    const forget = /** @type {HTMLElement | null} */ (target.closest("[data-quiz-forget]"));
    if (forget && forget.dataset.sure === undefined) {
      forget.dataset.sure = forget.textContent || "";
      forget.textContent = "Forget them: press again";
      setTimeout(() => { forget.textContent = forget.dataset.sure || ""; delete forget.dataset.sure; }, 4000);
    } else if (forget) {
      here = {};
      try { localStorage.removeItem(KEY); } catch { /* nothing was kept */ }
      show();
      say("All answers are forgotten.");
    }
  });
  addEventListener("storage", (event) => { if (event.key === KEY) { here = {}; show(); } });
  addEventListener("pageshow", show); // a page that comes back from the browser's memory may be stale
  show();
})();
