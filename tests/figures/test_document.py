"""Pages need nothing but themselves, can be navigated, and are written whole or not at all."""

import os
import re
import resource
from html.parser import HTMLParser

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, NotFound, NotWritable, UnknownName
from infoscope.core.result import Estimate, Interval
from infoscope.figures import Html, Section, Tile, esc, page, save_page, stat_tiles, table
from infoscope.figures.blocks import facts

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Tree(HTMLParser):
    """Checks that tags close in order, and collects tags, ids and attributes."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parse(html):
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    return tree.seen


def sample():
    tiles = stat_tiles([Tile("Rate", "1.17", "bits/byte", "± 0.01", "a rule")])
    cells = table({"a <b>": ["x", "y"], "bits": [1.0, None]}, caption="Cap")
    return page("T <i>", [Section("One", tiles, "Lead & more"), Section("One", cells),
                          Section("日本", "")],
                subtitle="Sub", footer="Foot")  # fmt: skip


def test_page_is_well_formed_and_has_landmarks():
    seen = parse(sample())
    tags = [tag for tag, _ in seen]
    for landmark in ("header", "nav", "main", "footer", "h1", "title"):
        assert tags.count(landmark) == 1
    assert dict(seen)["html"]["lang"] == "en"
    assert ("a", {"class": "isc-skip", "href": "#main"}) in seen


def test_ids_are_unique_and_every_link_and_label_finds_its_target():
    seen = parse(sample())
    ids = [attrs["id"] for _, attrs in seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in seen:
        if attrs.get("href", "").startswith("#"):
            assert attrs["href"][1:] in ids
        if "aria-labelledby" in attrs:
            assert attrs["aria-labelledby"] in ids


def test_page_needs_no_script_and_no_network():
    html = sample()
    for tag, attrs in parse(html):
        assert tag not in ("script", "link", "img", "iframe", "object", "form")
        assert not any(name.startswith("on") or name == "src" for name in attrs)
    assert not re.search(r"https?:|//[a-z]|url\(|@import", html)


def test_page_is_deterministic_and_theme_can_be_forced():
    assert sample() == sample()
    assert '<html lang="de" data-theme="dark">' in page("x", [], lang="de", theme="dark")
    assert "data-theme=" not in page("x", []).partition("<style>")[0]


def test_titles_are_escaped():
    html = page("<script>1</script>", [Section("<b>", "", "<i>")], subtitle="<u>", footer="<s>")
    assert not {"script", "b", "i", "u", "s"} & {tag for tag, _ in parse(html)}


def test_table_aligns_numbers_and_scopes_heads():
    html = table({"name": ["x", "y"], "n": [1, 2500], "bits": [0.5, np.nan], "why": ["-", None]})
    seen = parse(html)
    heads = [attrs for tag, attrs in seen if tag == "th"]
    assert [h["scope"] for h in heads] == ["col"] * 4 + ["row"] * 2
    assert [h.get("class") for h in heads[:4]] == [
        "isc-short",
        "isc-number",
        "isc-number",
        "isc-short",
    ]
    assert '<td class="isc-number">2500</td>' in html
    assert "n/a" in html
    assert "–" in html


def test_table_formats_dims_and_trusts_only_html():
    html = table({"a": [Html("<b>safe</b>"), "<b>not</b>"], "p": [0.25, 0.5]},
                 formats={"p": lambda v: f"{v:.1%}"}, dim=[False, True])  # fmt: skip
    assert "<b>safe</b>" in html
    assert "&lt;b&gt;not" in html
    assert "25.0%" in html
    assert html.count('class="isc-dim"') == 1


def test_table_errors():
    with pytest.raises(InvalidArgument, match="one length"):
        table({"a": [1], "b": [1, 2]})
    with pytest.raises(UnknownName, match="formats"):
        table({"a": [1]}, formats={"c": str})


def test_tile_of_an_estimate_carries_everything():
    estimate = Estimate("rate", 1.17384, "bits/byte", stderr=0.0123, n=7888,
                        interval=Interval(1.15, 1.198, 0.95, "blocks"))  # fmt: skip
    tile = Tile.of(estimate, label="Bits per byte", rule="total / bytes")
    assert tile == Tile("Bits per byte", "1.174", "bits/byte",
                        "± 0.012 (standard error), 95 % interval 1.150 to 1.198, n = 7,888",
                        "total / bytes")  # fmt: skip


@pytest.mark.parametrize("value, text", [(float("inf"), "∞"), (35215.33, "35,215.33")])
def test_tile_of_odd_values(value, text):
    stderr = None if value == float("inf") else 0.015
    assert Tile.of(Estimate("q", value, "bits", stderr=stderr)).value == text


def test_facts_escape_both_sides():
    assert facts({"<a>": "<b>"}).count("&lt;") == 2


def test_esc_spells_what_no_document_may_hold():
    assert esc("\x00\x1b\x7f\x85\ud800\u202e\n\t") == "␀␛␡\\x85\\ud800\\u202e\n\t"


def test_save_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path):
    target = tmp_path / "r.html"
    target.write_text("old")
    assert save_page(target, "new é") == target
    assert target.read_text("utf-8") == "new é"
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_save_obeys_the_umask_and_follows_links(tmp_path):
    before = os.umask(0o022)
    try:
        real = tmp_path / "real.html"
        save_page(real, "one")
        assert real.stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)
    link = tmp_path / "link.html"
    link.symlink_to(real)
    save_page(link, "two")
    assert link.is_symlink()
    assert real.read_text() == "two"


def test_save_errors_leave_nothing_behind(tmp_path):
    with pytest.raises(NotFound, match=r"save_page: path must lie in a folder that exists"):
        save_page(tmp_path / "no" / "r.html", "x")
    with pytest.raises(InvalidArgument, match="name a file"):
        save_page(tmp_path, "x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotFound):
        save_page(tmp_path / "file" / "r.html", "x")
    with pytest.raises(NotWritable, match="be writable"):
        save_page(tmp_path / ("n" * 300), "x")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_failed_write_keeps_the_old_file(tmp_path):
    target = tmp_path / "r.html"
    target.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # a disk that fills up half-way
    try:
        with pytest.raises(NotWritable, match="be writable"):
            save_page(target, "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_save_writes_to_a_device(tmp_path):
    assert str(save_page("/dev/null", "x")) == "/dev/null"
