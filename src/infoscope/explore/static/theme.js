// Sets the reader's colours before the first paint, and tells the server how wide the screen is.
"use strict";
(() => {
  const root = document.documentElement;
  const theme = localStorage.getItem("infoscope-theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const width = matchMedia("(max-width: 48rem)").matches ? "narrow" : "wide";
  root.dataset.width = width;
  const before = /(?:^|; )infoscope-width=(\w+)/.exec(document.cookie);
  if ((before ? before[1] : "wide") !== width) root.dataset.redraw = "";
  document.cookie = `infoscope-width=${width}; Path=/; SameSite=Strict`;
})();
