"""Floor 1: pictures, tables and pages from plain numbers; they know no quantity and no model."""

from infoscope.figures.bars import bar_chart
from infoscope.figures.blocks import Tile, facts, stat_tiles, table
from infoscope.figures.document import Section, page, save_page
from infoscope.figures.figure import Figure
from infoscope.figures.lines import line_chart
from infoscope.figures.markup import Html, esc
from infoscope.figures.matrices import heat_map
from infoscope.figures.style import stylesheet
from infoscope.figures.tokens import show_token, text_heat_map

__all__ = [
    "Figure",
    "Html",
    "Section",
    "Tile",
    "bar_chart",
    "esc",
    "facts",
    "heat_map",
    "line_chart",
    "page",
    "save_page",
    "show_token",
    "stat_tiles",
    "stylesheet",
    "table",
    "text_heat_map",
]
