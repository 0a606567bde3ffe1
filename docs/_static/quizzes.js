// Quizzes of labs: what was answered stays in this browser. And names for the theme's side bars.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
  const KEY = "infoscope-docs-quiz";
  const read = () => { try { return JSON.parse(localStorage.getItem(KEY) || "{}"); } catch { return {}; } };
  for (const quiz of document.querySelectorAll("fieldset[data-quiz]")) {
    const state = quiz.querySelector(".quiz-state");
    const show = (given) => {
      const good = given === quiz.dataset.answer;
      state.textContent = given === undefined ? "" : good ? "Right." : "Not this one.";
      for (const radio of quiz.querySelectorAll("input")) radio.checked = radio.value === given;
      if (good) quiz.querySelector(".quiz-why").open = true;
    };
    show(read()[quiz.dataset.quiz]);
    quiz.addEventListener("change", (event) => {
      try { localStorage.setItem(KEY, JSON.stringify({ ...read(), [quiz.dataset.quiz]: event.target.value })); } catch { /* private window */ }
      show(event.target.value);
    });
  }
});
