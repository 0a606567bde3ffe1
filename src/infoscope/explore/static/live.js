// The one script of every page: form -> server -> patches. It knows no mathematics and no page.
//
// A patch is an object: "name" replaces the slot of that name, "+name" is put behind what is there,
// "=name" sets an input, "progress" moves the bar. Inputs are the truth; a drag only moves them.
// A page is mounted on the whole document, a widget (a page within another) on [data-widget].
"use strict";
(() => {
  const root = document.documentElement;
  /** @param {string} text */
  const say = (text) => { const said = document.getElementById("said"); if (said) said.textContent = text; };
  /** @param {Element} part */
  const home = (part) => part.closest("[data-widget]") || document;
  /** @param {HTMLInputElement} input */
  const nameOf = (input) => input.dataset.range || input.dataset.box || input.name;
  let dragged = false;

  /** Replace what slots hold; folds that were open stay open, scrolled boxes stay scrolled. All is
   * read before anything is written: a read between writes makes the browser lay out the page anew.
   * @param {[Element, string][]} changes */
  const replace = (changes) => {
    const active = /** @type {Element} */ (document.activeElement);
    const kept = changes.map(([slot]) => ({
      open: [...slot.querySelectorAll("details")].map((fold) => fold.open),
      left: [...slot.querySelectorAll(".isc-scroll")].map((box) => box.scrollLeft),
      focused: [...slot.querySelectorAll("summary,[tabindex]")].indexOf(active),
    }));
    changes.forEach(([slot, html], i) => {
      slot.innerHTML = html;
      slot.querySelectorAll("details").forEach((fold, k) => { if (kept[i].open[k]) fold.open = true; });
      slot.querySelectorAll(".isc-scroll").forEach((box, k) => { if (kept[i].left[k]) box.scrollLeft = kept[i].left[k]; });
      if (kept[i].focused >= 0) {
        const again = slot.querySelectorAll("summary,[tabindex]")[kept[i].focused];
        if (again instanceof HTMLElement || again instanceof SVGElement) again.focus({ preventScroll: true });
      }
    });
    for (const [slot] of changes) slot.dispatchEvent(new CustomEvent("slot", { bubbles: true }));
  };

  /** @param {string} path @param {FormData} data @param {AbortSignal} [signal] */
  const post = async (path, data, signal) => {
    const plain = [...data].every(([, value]) => typeof value === "string");
    const body = plain ? new URLSearchParams(/** @type {[string, string][]} */ ([...data])) : data;
    const response = await fetch(path, { method: "POST", body, signal });
    if (!response.ok) {
      const text = await response.text();
      let problem = `The explorer answered ${response.status}.`;
      try { problem = JSON.parse(text).problem; } catch { /* not JSON: the status must do */ }
      throw new Error(problem);
    }
    return response;
  };

  /** Bring one page to life: its slots within `scope`, its controls in `form`.
   * @param {Document | Element} scope @param {HTMLFormElement | null} form */
  const mount = (scope, form) => {
    const slug = form ? form.dataset.slug : "", mark = (form && form.dataset.mark) || "";
    /** @param {string} name */
    const slots = (name) => [...scope.querySelectorAll(`[data-slot="${CSS.escape(name)}"]`)].filter((slot) => home(slot) === scope);
    /** @type {Map<string, string>} */
    const shown = new Map();
    /** @template {Element} T @param {string} selector @returns {T | null} */
    const own = (selector) => /** @type {T | null} */ ([...scope.querySelectorAll(selector)].find((part) => home(part) === scope) || null);

    // ---- patches ----------------------------------------------------------------------------

    /** @param {string} name @param {string} value */
    const set = (name, value) => {
      if (!form) return;
      const key = CSS.escape(name);
      const inputs = form.querySelectorAll(`[name="${key}"],[data-range="${key}"],[data-box="${key}"]`);
      for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (inputs)) {
        if (input.type === "radio") input.checked = input.value === value;
        else if (input.type === "checkbox") input.checked = value === "1";
        else if (input.type === "file" || (input.type === "hidden" && inputs.length > 1)) continue;
        else if (input.value !== value) input.value = value;
      }
    };

    /** @param {Record<string, any>} patch */
    const apply = (patch) => {
      /** @type {[Element, string][]} */
      const changes = [];
      for (const [key, value] of Object.entries(patch)) {
        if (key[0] === "=") set(key.slice(1), value);
        else if (key[0] === "+") {
          for (const slot of slots(key.slice(1))) {
            slot.querySelector(":scope > .empty")?.remove();
            slot.insertAdjacentHTML("beforeend", value);
            slot.dispatchEvent(new CustomEvent("slot", { bubbles: true }));
          }
          shown.delete(key.slice(1));
        } else if (key === "progress") progress(value);
        else if (shown.get(key) !== value) {
          shown.set(key, value);
          // a control that is drawn anew holds the places of remarks, which are looked for after it
          if (key.startsWith("control-")) replace(slots(key).map((slot) => [slot, value]));
          else for (const slot of slots(key)) changes.push([slot, value]);
        }
      }
      replace(changes);
      for (const fold of scope.querySelectorAll("details[data-table][open]")) if (home(fold) === scope) table(fold);
    };

    // ---- live views: one request in flight; of moves the latest wins, presses wait in a row ------

    /** @typedef {{ extra: Record<string, string>, instead?: URLSearchParams, press?: boolean }} Ask */
    let busy = false;
    /** @type {Ask[]} */
    const waiting = [];
    /** @type {AbortController | null} */
    let act = null;

    /** @param {Record<string, string>} extra */
    const fields = (extra) => {
      const data = new FormData(form || undefined);
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (form?.querySelectorAll("[data-box]:not([name])") || []))
        data.append(box.dataset.box || "", box.value);
      if (mark) data.set("_mark", mark);
      for (const [name, value] of Object.entries(extra)) data.set(name, value);
      return data;
    };

    /** @param {unknown} error */
    const failed = (error) => {
      if (error instanceof DOMException && error.name === "AbortError") return;
      const lost = error instanceof TypeError;
      const text = lost ? "The explorer does not answer. Is it still running?" : String(/** @type {Error} */ (error).message);
      for (const slot of slots("problem")) slot.textContent = text;
      shown.delete("problem");
    };

    /** @param {Ask} ask */
    const send = async (ask) => {
      if (!form || !("live" in form.dataset || ask.instead)) { address(); return; }
      if (busy) {
        if (!ask.press && waiting.length && !waiting[waiting.length - 1].press) waiting.pop();
        waiting.push(ask);
        return;
      }
      busy = true;
      form.dataset.busy = "";
      try {
        const data = ask.instead ? new FormData() : fields(ask.extra);
        if (ask.instead) {
          for (const [name, value] of ask.instead) data.set(name, value);
          data.set("_how", "whole");
          if (mark) data.set("_mark", mark);
        }
        const patch = await (await post(`/live/${slug}`, data)).json();
        if (!waiting.length || waiting[0].press) apply(patch); // a press builds on what the last one set
        else apply(Object.fromEntries(Object.entries(patch).filter(([key]) => key[0] !== "=")));
      } catch (error) { failed(error); waiting.length = 0; }
      busy = false;
      delete form.dataset.busy;
      const next = waiting.shift();
      if (next) send(next); else address();
    };

    // ---- the address holds the state ----------------------------------------------------------

    let writing = 0;
    const query = () => {
      const starts = JSON.parse((form && form.dataset.starts) || "{}");
      const data = new URLSearchParams();
      const all = new Map(/** @type {[string, string][]} */ ([...new FormData(form || undefined)].filter(([, v]) => typeof v === "string")));
      for (const [name, value] of all)
        if (name in starts && starts[name] !== value && value.length < 1500) data.set(name, value);
      return data.toString();
    };
    const address = () => {
      if (!form) return;
      clearTimeout(writing);
      writing = window.setTimeout(() => {
        const text = query();
        const link = scope === document ? null : /** @type {HTMLAnchorElement | null} */ (own("a[data-open]"));
        if (link) link.href = text ? `/${slug}?${text}` : `/${slug}`;
        else if (scope === document) history.replaceState(null, "", text ? `?${text}` : location.pathname);
      }, 250);
    };

    // ---- inputs -------------------------------------------------------------------------------

    let typing = 0, sliding = false;
    form?.addEventListener("pointerdown", (event) => { sliding = /** @type {Element} */ (event.target).matches("input[type=range]"); });
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { sliding = false; });
    form?.addEventListener("input", (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      const name = nameOf(input);
      if (!name || input.type === "file") return;
      act?.abort();
      const key = CSS.escape(name);
      const twin = input.dataset.range ? `[data-box="${key}"]` : `[data-range="${key}"]`;
      for (const other of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll(twin))) other.value = input.value;
      const typed = ["number", "text", "textarea"].includes(input.type);
      /** @type {Record<string, string>} */
      const how = dragged || sliding ? { _how: "held" } : {};
      clearTimeout(typing);
      const go = () => send({ extra: { _moved: name, _value: input.value, ...how } });
      if (typed) typing = window.setTimeout(go, 220); else go();
    });
    form?.addEventListener("change", (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (input.type === "range") send({ extra: { _moved: nameOf(input), _value: input.value } });
      if (input.type === "file") {
        const file = input.files && input.files[0];
        const most = Number(input.dataset.max || Infinity);
        const large = file && file.size > most;
        for (const slot of slots(`wrong-${input.name}`))
          slot.textContent = large ? `This file has ${file.size.toLocaleString("en")} bytes; at most ${most.toLocaleString("en")} are taken here.` : "";
        if (large) input.value = "";
      }
    });
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(typing);
      send({ extra: {} });
    });
    /** @param {string} move */
    const press = (move) => send({ extra: { _moved: move }, press: true });
    form?.addEventListener("press", (event) => press(/** @type {CustomEvent<string>} */ (event).detail));
    form?.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button");
      if (!button || !form) return;
      if (button.dataset.move) press(button.dataset.move);
      else if (button.dataset.act) stream(`/act/${button.dataset.act}/${slug}`, fields({}), false);
      else if ("run" in button.dataset) run(button.dataset.run || "");
      else if ("stop" in button.dataset) act?.abort();
    });

    // ---- drags: a mark with data-drag-x / data-drag-y moves the sliders it names ------------------

    /** @type {{ id: number, x: number, y: number, scale: number, moves: { input: HTMLInputElement, start: number, rate: number, axis: string }[] } | null} */
    let dragging = null;
    document.addEventListener("pointerdown", (event) => {
      const handle = /** @type {Element} */ (event.target).closest("[data-drag-x],[data-drag-y]");
      const svg = handle && handle.closest("svg");
      const slot = handle && /** @type {HTMLElement | null} */ (handle.closest("[data-slot]"));
      if (!form || !handle || !svg || !slot || home(handle) !== scope || event.button !== 0) return;
      const moves = [];
      for (const axis of ["x", "y"]) {
        const name = handle.getAttribute(`data-drag-${axis}`);
        const input = name && form.querySelector(`[data-range="${CSS.escape(name)}"]`);
        if (input instanceof HTMLInputElement)
          moves.push({ input, start: Number(input.value), rate: Number(handle.getAttribute(`data-scale-${axis}`)), axis });
      }
      const box = svg.viewBox.baseVal;
      const scale = box && box.width ? box.width / svg.getBoundingClientRect().width : 1;
      dragging = { id: event.pointerId, x: event.clientX, y: event.clientY, scale, moves };
      dragged = true;
      slot.setPointerCapture(event.pointerId);
      root.classList.add("dragging");
      event.preventDefault();
    });
    document.addEventListener("pointermove", (event) => {
      if (!dragging || event.pointerId !== dragging.id) return;
      let last = null;
      for (const { input, start, rate, axis } of dragging.moves) {
        const by = axis === "x" ? event.clientX - dragging.x : event.clientY - dragging.y;
        const before = input.value;
        input.value = String(start + by * dragging.scale * rate);
        if (input.value === before) continue;
        for (const other of /** @type {NodeListOf<HTMLInputElement>} */ (form?.querySelectorAll(`[data-box="${CSS.escape(nameOf(input))}"]`)))
          other.value = input.value;
        last = input;
      }
      if (last) last.dispatchEvent(new Event("input", { bubbles: true }));
    });
    /** @param {PointerEvent} event */
    const drop = (event) => {
      if (!dragging || event.pointerId !== dragging.id) return;
      const moved = dragging.moves[0];
      dragging = null;
      dragged = false;
      root.classList.remove("dragging");
      if (moved) send({ extra: { _moved: nameOf(moved.input), _value: moved.input.value } });
    };
    document.addEventListener("pointerup", drop);
    document.addEventListener("pointercancel", drop);

    // ---- streams: actions and long work ---------------------------------------------------------

    /** @type {HTMLProgressElement | null} */
    const bar = own(".state progress");
    /** @param {[number, number, string]} state */
    const progress = ([done, total, what]) => {
      if (bar) { bar.hidden = false; bar.max = total || 1; if (total) bar.value = done; else bar.removeAttribute("value"); }
      if (what) for (const slot of slots("note")) slot.textContent = what;
      shown.delete("note");
    };
    /** @param {string} setting */
    const run = (setting) => {
      if (!form) return;
      const data = new FormData(form), [name, value] = setting.split("=");
      if (name) data.set(name, value);
      stream(`/run/${slug}`, data, true);
    };
    /** @param {string} path @param {FormData} data @param {boolean} long */
    const stream = async (path, data, long) => {
      act?.abort();
      const mine = (act = new AbortController());
      /** @type {HTMLElement | null} */
      const stop = own("[data-stop]");
      const working = (/** @type {boolean} */ on) => {
        if (!long) return;
        for (const start of form?.querySelectorAll("[data-run]") || []) start.toggleAttribute("disabled", on);
        if (stop) stop.hidden = !on;
        root.classList.toggle("working", on);
        if (!on && bar) bar.hidden = true;
      };
      working(true);
      if (long) { progress([0, 0, "Starting …"]); apply({ problem: "" }); address(); }
      try {
        const response = await post(path, data, mine.signal);
        const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
        const decoder = new TextDecoder();
        let rest = "";
        for (;;) {
          const { done, value } = await reader.read();
          rest += decoder.decode(value, { stream: !done });
          const lines = rest.split("\n");
          rest = lines.pop() || "";
          for (const line of lines) if (line && act === mine) apply(JSON.parse(line));
          if (done) break;
        }
        if (long) { for (const slot of slots("note")) if (/…$/.test(slot.textContent || "")) slot.textContent = "Done."; say("Done."); }
      } catch (error) {
        failed(error);
        if (long) for (const slot of slots("note")) slot.textContent = mine.signal.aborted ? "Stopped." : "";
      }
      shown.delete("note");
      if (act === mine) { act = null; working(false); if (!long && !mine.signal.aborted) send({ extra: {} }); }
    };

    // ---- presets and tables ---------------------------------------------------------------------

    document.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target);
      const preset = /** @type {HTMLAnchorElement | null} */ (target.closest("a[data-preset]"));
      if (preset && home(preset) === scope && form && "live" in form.dataset && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        act?.abort();
        send({ extra: {}, instead: new URL(preset.href).searchParams });
      }
      const button = target.closest("button");
      if (button && home(button) === scope && "copyAddress" in button.dataset) {
        const text = query();
        copied(button, `${location.origin}${location.pathname}${text ? `?${text}` : ""}`);
      }
    });

    /** Fetch the numbers behind a figure when its fold is opened, and again when they changed.
     * @type {WeakMap<Element, string>} */
    const tables = new WeakMap();
    /** @param {Element} fold */
    const table = async (fold) => {
      const data = fields({ _moved: fold.getAttribute("data-table") || "" });
      const state = query() + (fold.querySelector("table") ? "" : " new");
      if (!form || tables.get(fold) === state) return;
      tables.set(fold, state);
      try {
        const { html } = await (await post(`/data/${slug}`, data)).json();
        const place = fold.querySelector("div");
        if (place) place.innerHTML = html;
        tables.set(fold, query());
      } catch (error) { failed(error); }
    };
    document.addEventListener("toggle", (event) => {
      const fold = /** @type {HTMLDetailsElement} */ (event.target);
      if (fold.open && fold.dataset && fold.dataset.table && home(fold) === scope) table(fold);
    }, true);

    /** Slots that are too large to come with the page: fetched when the reader is near.
     * @param {HTMLElement} slot */
    const late = async (slot) => {
      delete slot.dataset.later;
      try {
        const { html } = await (await post(`/data/${slug}`, fields({ _moved: slot.dataset.slot || "" }))).json();
        if (!slot.hasChildNodes()) replace([[slot, html]]);
      } catch (error) { failed(error); }
    };
    const near = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) { near.unobserve(one.target); late(/** @type {HTMLElement} */ (one.target)); }
    }, { rootMargin: "600px" });
    for (const slot of scope.querySelectorAll("[data-later]")) if (home(slot) === scope) near.observe(slot);

    matchMedia("(max-width: 48rem)").addEventListener("change", (change) => {
      document.cookie = `infoscope-width=${change.matches ? "narrow" : "wide"}; Path=/; SameSite=Strict`;
      send({ extra: {} });
    });
    if ("redraw" in root.dataset) send({ extra: {} });
    if (form && "runNow" in form.dataset) run("");
  };

  // ---- copies, the menu, colours ----------------------------------------------------------------

  /** @param {HTMLButtonElement} button @param {string} text */
  const copied = (button, text) => {
    navigator.clipboard.writeText(text).then(() => {
      const label = button.dataset.label || (button.dataset.label = button.textContent || "");
      button.textContent = "Copied";
      say("Copied.");
      setTimeout(() => { button.textContent = label; }, 1400);
    }, () => say("The browser did not allow copying."));
  };
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = target.closest("button");
    if (button && button.dataset.copy) copied(button, document.getElementById(button.dataset.copy)?.textContent || "");
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(target)) menu.removeAttribute("open");
  });
  document.addEventListener("keydown", (event) => {
    const menu = /** @type {HTMLDetailsElement | null} */ (document.querySelector("details.menu[open]"));
    if (event.key === "Escape" && menu) { menu.open = false; menu.querySelector("summary")?.focus(); }
  });

  const themes = { "": ["◐", "as the system"], light: ["☀", "light"], dark: ["☾", "dark"] };
  const toggle = document.querySelector("[data-theme-toggle]");
  const paint = () => {
    const theme = /** @type {keyof typeof themes} */ (root.dataset.theme || "");
    if (toggle) { toggle.textContent = themes[theme][0]; toggle.setAttribute("aria-label", `Colours: ${themes[theme][1]}`); }
  };
  toggle?.addEventListener("click", () => {
    const order = ["", "light", "dark"];
    const theme = order[(order.indexOf(root.dataset.theme || "") + 1) % 3];
    if (theme) { root.dataset.theme = theme; localStorage.setItem("infoscope-theme", theme); }
    else { delete root.dataset.theme; localStorage.removeItem("infoscope-theme"); }
    paint();
  });
  paint();

  mount(document, /** @type {HTMLFormElement | null} */ (document.getElementById("controls")));
  for (const widget of document.querySelectorAll("[data-widget]")) mount(widget, widget.querySelector("form"));
})();
