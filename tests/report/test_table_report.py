"""The table report says what the map says, in bits, for any table."""

import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from infoscope.tables import scan
from infoscope.tables.report import table_report, table_sections

VOID = {"meta"}


class Tree(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, _):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parse(html):
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    return tree


def sample(n=200):
    rng = np.random.default_rng(3)
    goal = rng.integers(0, 4, n)
    return {
        "goal": [f"g{v}" for v in goal],
        "copy": [f"c{v}" for v in goal],
        "half": [f"h{v // 2}" for v in goal],
        "noise <b>": [f"n{v}" for v in rng.integers(0, 3, n)],
        "number": np.where(rng.random(n) < 0.1, np.nan, goal + rng.normal(size=n)).tolist(),
        "same": ["x"] * n,
    }


def section(found, title):
    return next(s for s in table_sections(found) if s.title.startswith(title))


def test_the_page_is_whole_harmless_and_the_same_every_time():
    html = table_report(scan(sample(), target="goal"))
    tree = parse(html)
    assert not {"script", "link", "img", "b"} & set(tree.tags)
    assert not re.search(r"https?:|url\(", html.replace("http://www.w3.org/2000/svg", ""))
    assert html == table_report(scan(sample(), target="goal"))
    assert "&lt;b&gt;" in html


def test_the_ranking_is_in_bits_with_share_and_grey_for_nothing():
    found = scan(sample(), target="goal")
    body = section(found, "What tells about goal").html
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body)[1:]
    copy = next(row for row in rows if ">copy<" in row)
    ranked = next(r for r in found.ranking() if r.column == "copy")
    bits = float(ranked.estimate) / math.log(2)
    assert re.search(r'isc-number">([\d.]+)', copy).group(1) == f"{bits:.3f}"
    assert bits == pytest.approx(2.0, abs=0.1)  # four even levels
    dim = re.findall(r'<tr class="isc-dim"><th[^>]*>([^<]+)<', body)
    grey = [r.column.replace("<b>", "&lt;b&gt;") for r in found.ranking() if not r.q_value < 0.05]
    assert dim == grey
    assert "same" in dim
    assert 'class="isc-bar-muted"' in body


def test_without_a_target_there_is_no_ranking():
    titles = [s.title for s in table_sections(scan(sample()))]
    assert not any(title.startswith("What tells") for title in titles)
    assert "The information map" in titles


def test_redundant_pairs_are_counted_aloud():
    body = section(scan(sample()), "The strongest pairs").html
    found = scan(sample()).redundant(0.9)
    assert f"In {len(found)} of the pairs" in body
    assert body.index("goal – copy") < body.index("goal – half") or len(found) > 1
    independent = scan({"a": list("xxyy") * 50, "b": list("xyxy") * 50, "c": list("xyyx") * 50})
    assert not any(s.title.endswith("pairs") for s in table_sections(independent))


def test_the_map_holds_the_corrected_bits_and_no_diagonal():
    found = scan(sample(), target="goal")
    body = section(found, "The information map").html
    mi = found.mutual_information.to("bits")
    i, j = mi.columns.index("goal"), mi.columns.index("half")
    tip = re.search(r"<title>goal × half: ([\d.]+) \(mutual information, bits\)", body)
    assert float(tip.group(1)) == pytest.approx(mi.corrected[i, j], rel=0.01)
    assert body.count(": not drawn<") == len(mi.columns)


def test_columns_kinds_missing_and_notes_are_told():
    found = scan(sample(), target="goal")
    body = section(found, "The columns").html
    for column in found.columns:
        assert f">{column.kind}<" in body
    number = next(c for c in found.columns if c.name == "number")
    assert f"in {number.n_levels} bins" in body
    lesson = section(found, "How to read").html
    assert len(re.findall("<li>", lesson)) == len(found.notes)


@pytest.mark.parametrize(
    "columns",
    [
        {"a": ["x", "y"]},
        {"a": ["x", "x", "x"], "b": ["y", "y", "y"]},
        {"a": ["x", None, "y", None], "b": [None, "u", None, "v"]},
        {"a": ["x", "y"] * 5, "empty": [None] * 10},
    ],
)
@pytest.mark.parametrize("target", [None, "a"])
def test_odd_tables_still_make_a_page(columns, target):
    html = table_report(scan(columns, target=target))
    parse(html)
    text = re.sub(r"<[^>]*>", " ", html.partition("<body")[2])
    assert not re.search(r"\bnan\b", text)


def test_wide_tables_are_cut_aloud():
    rng = np.random.default_rng(0)
    wide = {f"c{i}": rng.integers(0, 2, 40).astype(str).tolist() for i in range(320)}
    html = table_report(scan(wide, target="c0"))
    assert "first 40 of 319 columns" in html
    assert "300 columns with the strongest pairs, out of 320" in html
    assert "The first 200 of 320 columns are listed" in html
    assert len(html) < 2_000_000


def test_save_html_writes_this_report(tmp_path):
    found = scan(sample(), target="goal")
    found.save_html(tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text("utf-8") == table_report(found)
