"""A lab that was run as a fragment of HTML: text, mathematics, code, pictures, tasks, quizzes.

Mathematics between dollars becomes ``<span class="math">``, for KaTeX to draw; everything else
works without a script. What a cell shows comes from the library's own representations; all text is
escaped.
"""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from collections.abc import Callable

from markdown_it import MarkdownIt

from infoscope.figures import Html, esc
from infoscope.labs.running import CellRun, LabRun, Output

__all__ = ["code_html", "lab_html", "outputs_html", "text_html"]

_MATH = re.compile(
    r"\$\$(.+?)\$\$|(?<![\\\w$])\$(?!\s)((?:[^$\n]|\n(?!\s*\n))+?)(?<!\s)\$(?!\w)", flags=re.DOTALL
)
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", flags=re.DOTALL)
#: A representation brings its styles for notebooks; a page has them once, and may forbid more.
_STYLE = re.compile(r"<style\b.*?</style>", flags=re.DOTALL)
_markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


def text_html(source: str) -> Html:
    r"""Return Markdown as HTML; tags in the source are shown, not obeyed.

    >>> text_html("An *idea*: $2^n$ & <b>")
    '<p>An <em>idea</em>: <span class="math">2^n</span> &amp; &lt;b&gt;</p>\n'
    """
    return _read(source, _markdown.render)


def _read(source: str, render: Callable[[str], str]) -> Html:
    """Return Markdown as HTML with its formulas set aside while `render` reads it."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        block, inline = found.groups()
        is_block = block is not None
        tex = esc((block if is_block else inline).strip())
        style = ' class="math block"' if is_block else ' class="math"'
        kept.append(f"<span{style}>{tex}</span>")
        return f"\x02{len(kept) - 1}\x03"

    parts = _CODE.split(source.replace("\x02", "").replace("\x03", ""))
    parts[::2] = [_MATH.sub(keep, part) for part in parts[::2]]
    html = render("".join(parts))
    return Html(re.sub("\x02(\\d+)\x03", lambda found: kept[int(found[1])], html))


def code_html(source: str) -> Html:
    """Return Python code as HTML with a class for each kind of word.

    >>> code_html("n = 2  # two")
    'n = <span class="num">2</span>  <span class="com"># two</span>'
    """
    rows = source.splitlines(keepends=True)
    out: list[str] = []
    line, column = 1, 0
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, IndentationError):
        return Html(esc(source))
    for token in tokens:
        kind = _class_of(token)
        if not kind:
            continue
        out.append(esc(_between(rows, (line, column), token.start)))
        out.append(f'<span class="{kind}">{esc(token.string)}</span>')
        line, column = token.end
    out.append(esc(_between(rows, (line, column), (len(rows) + 1, 0))))
    return Html("".join(out).rstrip("\n"))


def _class_of(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.COMMENT:
        return "com"
    if token.type == tokenize.STRING:
        return "str"
    if token.type == tokenize.NUMBER:
        return "num"
    if token.type == tokenize.NAME and keyword.iskeyword(token.string):
        return "key"
    return ""


def _between(rows: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    text = "".join(rows[start[0] - 1 : end[0]])
    tail = len(rows[end[0] - 1]) - end[1] if end[0] <= len(rows) else 0
    return text[start[1] : len(text) - tail]


def lab_html(
    run: LabRun, *, widget: Callable[[str], str] | None = None, slots: bool = False
) -> Html:
    """Return the body of a page that shows the lab.

    Parameters
    ----------
    run : LabRun
        A lab with the outputs of its cells.
    widget : callable, optional
        Given the address of an explorer page ("entropy?w=1,2"), returns HTML that shows it; without
        it a link is shown.
    slots : bool
        Whether the outputs of each cell that runs stand in a ``<div data-slot="out-N">``, N being
        its place in the lab, so that `outputs_html` can be put there when it is done.

    Returns
    -------
    Html
        One ``<section>`` a cell, in order; it wants the stylesheet of `infoscope.figures`.
    """
    parts: list[str] = []
    for i, each in enumerate(run.cells):
        slot = f"out-{i}" if slots else ""
        parts.append(_section(each, run.lab.slug, slot))
        if each.cell.explorer:
            link = f'<p><a href="/{esc(each.cell.explorer)}">Open the explorer here</a></p>'
            parts.append(widget(each.cell.explorer) if widget is not None else link)
    return Html("\n".join(parts))


def outputs_html(run: CellRun) -> Html:
    """Return what a cell showed, and the error that stopped it."""
    error = f'<pre class="lab-error" tabindex="0">{esc(run.error)}</pre>' if run.error else ""
    return Html("".join(_shown(output) for output in run.outputs) + error)


def _section(run: CellRun, lab: str, slot: str) -> str:
    kind = run.cell.kind
    if kind == "text":
        return f'<section class="lab-text">{text_html(run.cell.source)}</section>'
    if kind == "exercise":
        return _exercise(run)
    if kind == "quiz":
        return _quiz(run, lab)
    block = _block(run, slot)
    if kind == "code":
        return f'<section class="lab-code">{block}</section>'
    if kind == "answer":
        says = "Show the worked answer"
    else:
        says = "This check fails" if run.error else "What a right answer must satisfy"
    return f'<details class="lab-{kind}"><summary>{says}</summary>{block}</details>'


def _exercise(run: CellRun) -> str:
    key = esc(run.cell.key)
    return (
        f'<section class="lab-exercise" id="exercise-{key}"><p class="lab-tag">Exercise</p>'
        f"{text_html(run.cell.source)}</section>"
    )


def _quiz(run: CellRun, lab: str) -> str:
    quiz, key = run.cell.quiz, f"{esc(lab)}/{esc(run.cell.key)}"
    options = "".join(
        f'<label><input type="radio" name="{key}" value="{i}"{_named(option)}> '
        f"<span>{_inline(option)}</span></label>"
        for i, option in enumerate(quiz.options)
    )
    return (
        f'<fieldset class="lab-quiz" data-quiz="{key}" data-answer="{quiz.answer}">'
        f"<legend>{_inline(quiz.ask)}</legend>{options}"
        f'<p class="quiz-state" role="status"></p>'
        f'<details class="quiz-why"><summary>Answer and reason</summary>'
        f"<p><strong>{_inline(quiz.options[quiz.answer])}.</strong> {_inline(quiz.why)}</p>"
        "</details></fieldset>"
    )


def _inline(source: str) -> Html:
    """Return one line of Markdown without a paragraph around it; "1. a" begins no list."""
    return _read(source, _markdown.renderInline)


def _named(option: str) -> str:
    """Return a name for an answer that is a formula alone, which not every reader can spell."""
    formula = _MATH.fullmatch(option.strip())
    return f' aria-label="{esc(formula[2])}"' if formula and formula[2] else ""


def _block(run: CellRun, slot: str) -> str:
    source = run.cell.source.lstrip("\n")
    code = f'<pre class="code" tabindex="0"><code>{code_html(source)}</code></pre>'
    outputs = outputs_html(run)
    if slot:
        outputs = Html(f'<div class="lab-outs" data-slot="{slot}">{outputs}</div>')
    return code + outputs


def _shown(output: Output) -> str:
    if output.html:
        return f'<div class="lab-out">{_STYLE.sub("", output.html)}</div>'
    return f'<pre class="lab-out" tabindex="0">{esc(output.text)}</pre>'
