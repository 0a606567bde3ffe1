"""A lab as a Jupyter notebook, made by Jupytext, which defined the format of the files."""

from __future__ import annotations

from infoscope.core.extras import require
from infoscope.labs.checking import blank_lab
from infoscope.labs.lab import Lab

__all__ = ["lab_notebook"]


def lab_notebook(lab: Lab, *, blank: bool = False) -> str:
    """Return the lab as the text of an .ipynb file, with its answers or with blanks for them.

    Raises
    ------
    MissingExtra
        If jupytext is not installed.
    """
    jupytext = require("jupytext", extra="labs", purpose="a notebook of a lab")
    text = blank_lab(lab) if blank else lab.path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:03d}"  # ids are drawn at random otherwise: no two files would agree
    return str(jupytext.writes(notebook, fmt="ipynb"))
