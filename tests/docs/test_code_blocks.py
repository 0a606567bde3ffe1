"""Every block marked python in the README and the docs runs, and its stated output is true."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Pages of labs are written by the build; tests/labs runs the labs themselves.
PAGES = sorted(
    page
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]
    if "_build" not in page.parts and not re.match(r"\d\d_", page.name)
)
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_code_blocks_run_and_print_what_they_say(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for number, code in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
        if ">>>" in code:
            example = doctest.DocTestParser().get_doctest(
                code, names, f"{page.name}[{number}]", str(page), 0
            )
            runner = doctest.DocTestRunner(optionflags=flags)
            report: list[str] = []
            runner.run(example, out=report.append, clear_globs=False)
            assert runner.failures == 0, "".join(report)
            names.update(example.globs)
        else:
            exec(compile(code, f"{page.name}[{number}]", "exec"), names)
