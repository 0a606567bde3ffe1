"""One file a page: each holds a constant `PAGE`, or `PAGES` for several."""
