"""The pictures of the guides, one file a page, drawn by `infoscope.figures` at build time."""
