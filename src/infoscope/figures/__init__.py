"""Floor 1: pictures, tables and pages from plain numbers; they know no quantity and no model."""

from infoscope.figures.bars import bar_chart
from infoscope.figures.blocks import Tile, facts, stat_tiles, table
from infoscope.figures.cards import card, result_card
from infoscope.figures.columns import column_chart
from infoscope.figures.document import Section, page, save_page
from infoscope.figures.figure import Figure
from infoscope.figures.frame import Grip
from infoscope.figures.histograms import histogram
from infoscope.figures.landscapes import landscape
from infoscope.figures.lengths import length_areas
from infoscope.figures.lines import line_chart
from infoscope.figures.markup import Html, esc
from infoscope.figures.matrices import heat_map
from infoscope.figures.panels import figure_row, small_multiples
from infoscope.figures.scatter import scatter_plot
from infoscope.figures.signed import signed_area
from infoscope.figures.style import stylesheet
from infoscope.figures.token_stream import TextHeatStream
from infoscope.figures.tokens import show_token, text_heat_map
from infoscope.figures.trees import code_tree
from infoscope.figures.venn import venn_of_three, venn_of_two

__all__ = [
    "Figure",
    "Grip",
    "Html",
    "Section",
    "TextHeatStream",
    "Tile",
    "bar_chart",
    "card",
    "code_tree",
    "column_chart",
    "esc",
    "facts",
    "figure_row",
    "heat_map",
    "histogram",
    "landscape",
    "length_areas",
    "line_chart",
    "page",
    "result_card",
    "save_page",
    "scatter_plot",
    "show_token",
    "signed_area",
    "small_multiples",
    "stat_tiles",
    "stylesheet",
    "table",
    "text_heat_map",
    "venn_of_three",
    "venn_of_two",
]
