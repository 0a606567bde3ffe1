"""What must be inside a wheel and an sdist, and what must not."""

from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path

__all__ = ["complaints"]

JUNK = re.compile(
    r"(^|/)(__pycache__|\.venv|\.git|\.ci|dist|_build|\.pytest_cache|\.hypothesis|\.ruff_cache)(/|$)"
    r"|\.(pyc|pyo|nbi|nbc|orig|rej|swp|log)$|(^|/)(infoscope-report\.html|\.DS_Store|\.coverage)$"
)
#: Paths of a home or a workplace; a machine's own name has no other place to hide.
MACHINE = re.compile(rb"/(?:home|root|Users|work|tmp/lab)/\w")
SECRET = re.compile(rb"BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{30}|\bAKIA[0-9A-Z]{16}\b")
IN_WHEEL = (
    "infoscope/py.typed", "infoscope/data/penguins.csv", "infoscope/data/alice_chapter_1.txt",
    "infoscope/data/LICENSES.md", "infoscope/labs/material/LICENSES.md",
    "infoscope/explore/static/katex/LICENSE.txt",
)  # fmt: skip
IN_SDIST = (
    "LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "SECURITY.md",
    "Makefile", "PKG-INFO", "conftest.py", "constraints.txt", "pyproject.toml", "docs/conf.py",
    "tests/conftest.py", "tools/check_wheel.py", "src/infoscope/py.typed",
)  # fmt: skip
LICENCES = (
    "LICENSE", "src/infoscope/data/LICENSES.md", "src/infoscope/labs/material/LICENSES.md",
    "src/infoscope/explore/static/katex/LICENSE.txt",
)  # fmt: skip


def complaints(wheel: Path, sdist: Path, root: Path) -> list[str]:
    """Return one line for everything that is wrong with the contents of the two archives."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(sdist) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        source = {
            member.name.partition("/")[2]: archive.extractfile(member).read() for member in files
        }
    info = next(name.partition("/")[0] for name in inside if ".dist-info/" in name)
    wrong = [f"wheel without {name}" for name in IN_WHEEL if name not in inside]
    wrong += [f"sdist without {name}" for name in IN_SDIST if name not in source]
    wrong += [
        f"wheel without the licence {name}"
        for name in LICENCES
        if f"{info}/licenses/{name}" not in inside
    ]
    wrong += [f"wheel with {name}" for name in inside if not name.startswith(("infoscope/", info))]
    for kind, held in (("wheel", inside), ("sdist", source)):
        wrong += [f"{kind} with junk: {name}" for name in held if JUNK.search(name)]
        for name, content in held.items():
            for pattern, what in ((MACHINE, "a path of a machine"), (SECRET, "a secret")):
                found = pattern.search(content)
                if found and not name.endswith((".xz", ".npz", ".gz", ".png", ".woff2")):
                    wrong.append(f"{kind}: {name} holds {what}: {found[0]!r}")
    packaged = {f"infoscope/{p.relative_to(root / 'src' / 'infoscope').as_posix()}"
                for p in (root / "src" / "infoscope").rglob("*.py")}  # fmt: skip
    wrong += [f"wheel without {name}" for name in sorted(packaged - inside.keys())]
    return wrong + _metadata(inside[f"{info}/METADATA"].decode(), inside)


def _metadata(text: str, inside: dict[str, bytes]) -> list[str]:
    """Return what is wrong with the description that an index shows."""
    head, _, body = text.partition("\n\n")
    fields = [line.partition(": ")[::2] for line in head.splitlines()]
    need = ("Name", "Version", "Summary", "License-Expression", "Requires-Python", "Author",
            "Description-Content-Type", "Project-URL", "Classifier")  # fmt: skip
    wrong = [f"metadata without {name}" for name in need if name not in dict(fields)]
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", body)
    wrong += [f"README in the metadata: a link that leads nowhere: {link}" for link in links]
    if not body.startswith("# infoscope"):
        wrong.append("metadata without the README")
    entry = next(v.decode() for k, v in inside.items() if k.endswith("entry_points.txt"))
    for module in re.findall(r"= (infoscope[\w.]*)", entry):
        path = module.replace(".", "/")
        if f"{path}.py" not in inside and f"{path}/__init__.py" not in inside:
            wrong.append(f"entry point to {module}, which is not there")
    return wrong
