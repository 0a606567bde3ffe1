"""The text heat map shows any bytes, faithfully and harmlessly."""

import math
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument, UnknownName
from infoscope.figures import show_token, text_heat_map


class Reader(HTMLParser):
    """Collects the spans of the words region, and the text a reader sees (signs left out)."""

    def __init__(self):
        super().__init__()
        self.tags, self.spans, self.text = [], [], ""
        self.depth = self.hidden = 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.hidden += tag == "i"
        if attrs.get("class") == "isc-words":
            self.depth = 1
        elif self.depth and tag == "span":
            self.spans.append(attrs)

    def handle_endtag(self, tag):
        self.hidden -= tag == "i"

    def handle_data(self, data):
        if self.depth and not self.hidden:
            self.text += data


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def heat(tokens, values=None, **more):
    return text_heat_map(tokens, [1.0] * len(tokens) if values is None else values,
                         **({"unit": "bits"} | more))  # fmt: skip


def test_the_text_is_shown_as_it_is():
    tokens = [b"Two  spaces", b",\n\n\ta tab", " and é € 日本 😀".encode()]
    assert read(heat(tokens)).text == b"".join(tokens).decode()


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])), st.data())
def test_any_cut_of_any_text_shows_the_text(text, data):
    raw = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    reader = read(heat(pieces))
    assert reader.text == text
    assert set(reader.tags) <= {"div", "span", "ol", "li", "i"}


@given(st.lists(st.binary(max_size=6), max_size=12))
def test_any_bytes_at_all_give_harmless_markup(tokens):
    reader = read(heat(tokens))
    assert set(reader.tags) <= {"div", "span", "ol", "li", "i"}
    assert not any(ord(c) < 32 and c not in "\n\t" for c in reader.text)


def test_partial_characters_are_joined_and_their_values_added():
    euro = "€".encode()
    spans = read(heat([b"a", euro[:1], euro[1:2], euro[2:], b"b"], [1, 2, 3, 4, 5])).spans
    assert len(spans) == 3
    assert spans[1]["data-tip"].startswith("€  3 tokens, 9 bits together\n")
    assert spans[1]["data-tip"].count("bits of surprisal") == 3


def test_broken_bytes_are_spelled():
    assert read(heat([b"a\xff", b"\xe2\x82"])).text == "a\\xff\\xe2\\x82"


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", '" onmouseover="x', "'><img src=x>", "&lt;", "</span>"]
)
def test_hostile_text_stays_text(evil):
    html = heat([evil.encode()], expected=[[(evil, 0.5)]])
    reader = read(html)
    assert reader.text == evil
    assert set(reader.tags) <= {"div", "span", "ol", "li", "i"}
    (span,) = reader.spans
    assert set(span) == {"class", "data-tip"}
    assert evil.replace(" ", "·") in span["data-tip"]


def test_marks_that_reorder_text_are_spelled():
    assert read(heat(["abc\u202edef\x00".encode()])).text == "abc\\u202edef␀"


def test_the_pop_up_tells_surprisal_rank_entropy_and_what_was_expected():
    html = heat([b" cat"], [3.25], entropies=[2.0], ranks=[1234],
                expected=[[(" dog", 0.5), (" the\n", 0.00001)]])  # fmt: skip
    assert read(html).spans[0]["data-tip"] == (
        "·cat  3.25 bits of surprisal\nchoice no. 1,234, entropy before it 2.00 bits\n"
        "expected ·dog 50 %  ·the↵ <0.01 %"
    )


def test_infinite_and_unscored_tokens():
    spans = read(heat([b"a", b"b", b"c"], [math.inf, math.nan, 0.1], edges=range(1, 9))).spans
    assert spans[0]["class"] == "s8"
    assert "∞ bits" in spans[0]["data-tip"]
    assert "class" not in spans[1]
    assert "not scored" in spans[1]["data-tip"]
    assert spans[2]["class"] == "s0"


def test_given_edges_decide_the_colours():
    spans = read(heat([b"a", b"b"], [0.99, 8.0], edges=range(1, 9))).spans
    assert [span["class"] for span in spans] == ["s0", "s8"]


def test_eight_thousand_tokens_stay_below_a_megabyte_and_a_half():
    rng = np.random.default_rng(0)
    n = 8000
    html = heat([b" rabbit"] * n, rng.exponential(4, n), entropies=rng.exponential(3, n),
                ranks=rng.integers(1, 49152, n),
                expected=[[(" white", 0.21), (" queen", 0.1), (",", 0.05)]] * n)  # fmt: skip
    assert len(html.encode()) < 1_500_000


@pytest.mark.parametrize(
    "more, error, words",
    [
        ({"values": [1.0, 2.0]}, InvalidArgument, "values must hold one entry for each of 1"),
        ({"ranks": []}, InvalidArgument, "ranks must"),
        ({"edges": [1, 2]}, InvalidArgument, "8 ascending"),
        ({"edges": [1] * 8}, InvalidArgument, "8 ascending"),
        ({"ramp": "no"}, UnknownName, "ramp"),
        ({"tokens": ["text"]}, InvalidArgument, "be bytes"),
    ],
)
def test_errors(more, error, words):
    with pytest.raises(error, match=words):
        heat(more.pop("tokens", [b"a"]), **more)


def test_an_empty_text_is_an_empty_map():
    assert read(heat([])).spans == []


def test_tokens_in_tables():
    assert show_token(b" <b>\n") == '<code class="isc-token">·&lt;b&gt;↵</code>'
    assert show_token(b"\xff") == '<code class="isc-token">\\xff</code>'
    assert show_token("") == '<code class="isc-token">(empty)</code>'
