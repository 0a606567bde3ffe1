// A text in bits: the lens shows what is known of the token under pointer or cursor. It computes
// nothing; what it shows stands in the attributes of the token.
"use strict";
(() => {
  const lens = document.querySelector("[data-lens]");
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("controls"));
  const reading = document.querySelector('[data-slot="reading"]');
  if (!lens || !form || !reading) return;

  /** @param {string} name @param {string} text @param {string} [kind] */
  const make = (name, text, kind) => {
    const node = document.createElement(name);
    node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  const spell = (/** @type {string} */ text) =>
    text.replace(/ /g, "·").replace(/↵\n/g, "↵").replace(/⇥\t/g, "⇥") || "(empty)";
  /** @param {number} share */
  const percent = (share) => (share >= 0.995 ? share.toFixed(3).replace(/^1\.000$/, "1") : share >= 0.1 ? `${Math.round(100 * share)} %` : share >= 0.001 ? `${(100 * share).toPrecision(2)} %` : "< 0.1 %");

  /** @type {Element | null} */
  let current = null;
  let chosen = false;
  /** @param {Element} token */
  const show = (token) => {
    if (token === current) return;
    current?.classList.remove("here");
    current = token;
    token.classList.add("here");
    const { b, h, r, n, o, e } = /** @type {HTMLElement} */ (token).dataset;
    const head = make("p", "", "found");
    head.append(make("code", spell(token.textContent || "")), " ", make("strong", `${b} bits`));
    const facts = [];
    if (o) facts.push(`more than the second reader's ${o} bits`.replace("more", Number(b) < 0 ? "less" : "more"));
    if (r) facts.push(r === "1" ? "the model's first choice" : `choice no. ${Number(r).toLocaleString("en")}`);
    if (h) facts.push(`it expected to pay ${h} bits`);
    if (n) facts.push(`${n} tokens together`);
    head.append(make("span", facts.join(" · "), "facts"));
    const parts = (e || "").split("\u241f");
    const list = make("ol", "", "choices");
    for (let i = 0; i + 1 < parts.length; i += 2) {
      const share = Number(parts[i + 1]);
      const row = make("li", "");
      const bar = make("i", "");
      bar.style.setProperty("--share", String(share));
      row.append(make("code", parts[i]), bar, make("span", percent(share)));
      if (parts[i] === spell(token.textContent || "")) row.className = "came";
      list.append(row);
    }
    lens.replaceChildren(head, list);
  };
  const tokenAt = (/** @type {EventTarget | null} */ target) =>
    target instanceof Element ? target.closest("[data-b]") : null;
  for (const kind of ["pointerover", "click"])
    document.addEventListener(kind, (event) => { const token = tokenAt(event.target); if (token) { chosen = true; show(token); } });

  document.addEventListener("keydown", (event) => {
    const words = event.target instanceof Element && event.target.matches(".isc-words") ? event.target : null;
    if (!words) return;
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 };
    const tokens = words.children;
    const at = current && current.parentElement === words ? [...tokens].indexOf(current) : -1;
    let to = NaN;
    if (event.key in moves) to = at + moves[/** @type {keyof typeof moves} */ (event.key)];
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = tokens.length - 1;
    const token = tokens[Math.min(Math.max(to, 0), tokens.length - 1)];
    if (!token) return;
    event.preventDefault();
    chosen = true;
    show(token);
    token.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("focusin", (event) => {
    const words = event.target instanceof Element && event.target.matches(".isc-words") ? event.target : null;
    if (words && words.firstElementChild && current?.parentElement !== words) show(words.firstElementChild);
  });

  // Until somebody points at a token, the lens shows the dearest one.
  const dearest = () => {
    if (chosen && current?.isConnected) return;
    let best = null, most = -1;
    for (const token of reading.querySelectorAll(".views [data-b]")) {
      const bits = Number(/** @type {HTMLElement} */ (token).dataset.b);
      if (bits > most) { best = token; most = bits; }
    }
    if (best) show(best);
  };
  reading.addEventListener("slot", dearest);
  dearest();

  // What is shown was read from an earlier text: say so when text or reader change.
  const stale = document.querySelector(".stale");
  const state = () => {
    const data = new FormData(form);
    return ["text", "model", "temperature", "second", "second_temperature"].map((name) => data.get(name)).join("\u0000") +
      (/** @type {HTMLInputElement | null} */ (form.querySelector("[type=file]"))?.files?.length || 0);
  };
  let shown = state();
  const opened = location.search.includes("text=") || location.search.includes("model=") || location.search.includes("second=");
  if (opened) shown = "";
  const compare = () => {
    const old = shown !== state() && !document.documentElement.classList.contains("working");
    document.querySelector(".result")?.classList.toggle("old", old);
    if (stale) stale.textContent = old ? "This is an earlier reading: read the text again." : "";
  };
  for (const kind of ["input", "change", "slot"]) document.addEventListener(kind, () => requestAnimationFrame(compare));
  form.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-run]")) { shown = state(); compare(); }
  });
  compare();
})();
