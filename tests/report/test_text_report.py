"""The text report says what the score says, in bits, for any text."""

import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from infoscope.language.report import text_report, text_sections
from infoscope.language.result import ScoringRule, TextScore

VOID = {"meta"}
LN2 = math.log(2)


def make(tokens, surprisal, *, entropy=None, rank=None, choices=None):
    """Build a score by hand: surprisal and entropy in bits here, nats inside."""
    n = len(tokens)
    ends = np.cumsum([len(token) for token in tokens])
    top = choices or [(b" one", 0.5), (b" <two>", 0.25)]
    return TextScore(
        text=b"".join(tokens), model="handmade",
        rule=ScoringRule("disjoint", 1024, 1, "<|im_start|>"),
        ids=np.arange(n), starts=ends - [len(token) for token in tokens], ends=ends,
        surprisal=np.asarray(surprisal, float) * LN2,
        entropy=np.full(n, 1.5 * LN2) if entropy is None else np.asarray(entropy, float) * LN2,
        rank=np.full(n, 3) if rank is None else np.asarray(rank),
        top_ids=np.tile(np.arange(len(top)), (n, 1)),
        top_probabilities=np.tile([p for _, p in top], (n, 1)),
        spellings={i: spelling for i, (spelling, _) in enumerate(top)},
    )  # fmt: skip


def long_score(n=400):
    rng = np.random.default_rng(5)
    words = [b" the", b" cat", b",", b"\n", b" sat"]
    return make([words[i % 5] for i in range(n)], rng.exponential(4, n))


class Tree(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""

    def handle_starttag(self, tag, _):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


def parse(html):
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    return tree


def test_headline_numbers_are_the_scores_in_bits():
    # 4 tokens, 8 bytes, 2 + 4 + 6 + 8 = 20 bits: 2.5 bits/byte, 5 bits/token, perplexity 32
    score = make([b"ab", b"cd", b"ef", b"gh"], [2, 4, 6, 8], entropy=[1, 2, 3, 4])
    tiles = dict(
        re.findall(r"<dt>([^<]+)</dt><dd class=\"isc-value\">([^<]+?) *<", text_report(score))
    )
    assert float(tiles["Bits per byte"]) == pytest.approx(2.5)
    assert float(tiles["Perplexity"].replace(",", "")) == pytest.approx(32, rel=0.01)
    assert float(tiles["The whole text"].replace(",", "")) == pytest.approx(20)
    assert float(tiles["Mean predictive entropy"]) == pytest.approx(2.5)
    assert re.search(r"it paid 5(\.00)? bits/token", text_report(score))


def test_the_page_is_whole_harmless_and_the_same_every_time():
    html = text_report(long_score(), name="<b>cat</b>.txt")
    tree = parse(html)
    assert not {"script", "link", "img", "b"} & set(tree.tags)
    assert not re.search(r"https?:|url\(", html.replace("http://www.w3.org/2000/svg", ""))
    assert html == text_report(long_score(), name="<b>cat</b>.txt")
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_the_text_and_every_part_are_there():
    titles = [section.title for section in text_sections(long_score())]
    assert titles == ["What the text cost", "Token by token", "Along the text",
                      "The biggest surprises", "How to read surprisal"]  # fmt: skip
    html = text_report(long_score())
    assert html.count("data-tip=") == 400
    for word in ("context", "1024", "disjoint", "handmade", "float64", "surprisal, bits"):
        assert word in html


def test_surprises_are_listed_dearest_first_with_what_was_expected():
    score = make([b"a", b" <two>", b"c"], [3, 12, 7], rank=[2, 1500, 9])
    body = next(s.html for s in text_sections(score) if s.title == "The biggest surprises")
    rows = re.findall(r"<tr>(.*?)</tr>", body)[1:]
    assert [re.search(r'isc-number">([\d.]+)', row).group(1) for row in rows] == [
        "12.00", "7.00", "3.00",
    ]  # fmt: skip
    assert "1,500" in rows[0]
    assert "·one" in rows[0]
    assert rows[0].count("&lt;two&gt;") == 2  # the token and its context: not expected "instead"
    assert rows[1].count("&lt;two&gt;") == 2  # its context, and expected instead


def test_the_lesson_points_at_the_widest_gap():
    score = make([b"calm", b" shock", b" open"], [1, 12, 13], entropy=[1, 0.5, 12.5])
    body = next(s.html for s in text_sections(score) if s.title.startswith("How to read"))
    assert "·shock</code> (byte 4): the model was 0.50 bits unsure and paid 12.00" in body
    assert "4 bits per token more than the model" in body


def test_long_texts_are_cut_aloud():
    n = 8050
    html = text_report(make([b"ab"] * n, np.ones(n)))
    assert "first 8,000 of 8,050 tokens" in html
    assert html.count("data-tip=") == 8000


@pytest.mark.parametrize(
    "tokens, surprisal",
    [
        ([b"a"], [5.0]),
        ([b"a", b"b"], [0.0, 0.0]),
        ([b"a", b"b", b"c"], [1.0, math.inf, 2.0]),
        (["€".encode()[:1], "€".encode()[1:], b"\xff", b""], [1.0, 2.0, 3.0, 4.0]),
        ([b"<script>alert(1)</script>", b"\x00\x1b", b"\r\n"], [1.0, 2.0, 3.0]),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_odd_texts_still_make_a_page(tokens, surprisal):
    tree = parse(text_report(make(tokens, surprisal)))
    assert "script" not in tree.tags
    assert "nan" not in re.sub(r"[^a-z ]", " ", tree.text).split()


def test_two_texts_share_a_page_under_their_names():
    sections = text_sections(long_score(50), name="a.txt", top=3)
    assert all(section.title.startswith("a.txt: ") for section in sections)


def test_save_html_writes_this_report(tmp_path):
    score = long_score(30)
    score.save_html(tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text("utf-8") == text_report(score)


def test_reports_on_words_share_one_scale_of_two_bits_and_smaller_models_get_their_own():
    def legend(bits):
        html = text_report(make([b"ab"] * 50, np.linspace(0, bits, 50)))
        return re.findall(r"<li style[^>]*>([^<]*)</li>", html)

    assert legend(12)[1:] == legend(21)[1:] == [f"{k}+" for k in range(2, 17, 2)]
    assert legend(4)[-1] == "4.0+"
