import xml.etree.ElementTree as ET

import pytest

from infoscope.core.errors import InvalidArgument, NotFound
from infoscope.figures import Figure, bar_chart
from infoscope.figures.marks import Circle


def figure(n=2):
    return bar_chart([f"n{i}" for i in range(n)], range(n), title="A & B", x_label="bits")


def test_notebooks_get_a_coloured_picture_both_ways():
    assert figure()._repr_svg_() == figure().svg
    html = figure()._repr_html_()
    assert html.startswith("<style>")
    assert html.endswith("</figure>")


def test_fragments_leave_the_style_to_the_page():
    html = figure().to_html()
    assert "<style" not in html
    assert html.startswith('<figure class="isc isc-figure"><figcaption>A &amp; B')
    ET.fromstring(html)


def test_caption_and_data_can_be_left_out():
    html = figure().to_html(caption=False, data=False)
    assert "<figcaption" not in html
    assert "<details" not in html
    assert 'aria-label="A &amp; B"' in html


def test_the_data_table_holds_the_numbers():
    table = ET.fromstring(figure(3).to_html()).find(".//table")
    rows = [[cell.text for cell in row] for row in table.iter("tr")]
    assert rows == [["name", "bits"], ["n0", "0"], ["n1", "1"], ["n2", "2"]]


def test_a_table_nobody_would_read_is_left_out_aloud():
    html = figure(1501).to_html()
    assert "<table" not in html
    assert "1,501 rows × 2 columns" in html


def test_data_and_marks_cannot_be_changed():
    shown = figure()
    with pytest.raises(TypeError):
        shown.data["bits"] = ()
    assert isinstance(shown.marks, tuple)


def test_circles_are_drawn():
    svg = Figure("t", "d", {}, [Circle(5, 5, 2, "dot", "here")], 10, 10).svg
    assert '<circle class="isc-dot" cx="5" cy="5" r="2"><title>here</title></circle>' in svg


def test_save_svg_and_html(tmp_path):
    path = figure().save(tmp_path / "a.svg")
    root = ET.parse(path).getroot()
    assert root.tag.endswith("svg")
    text = figure().save(str(tmp_path / "b.html")).read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<style>" in text


def test_save_errors(tmp_path):
    with pytest.raises(InvalidArgument, match=r"end in \.svg, \.html"):
        figure().save(tmp_path / "a.jpeg")
    with pytest.raises(NotFound, match="folder that exists"):
        figure().save(tmp_path / "no" / "a.svg")
