"""The README's table of peers, with figures read from the tables of results.

python benchmarks/peers.py            # write the table anew
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from bars import RESULTS, figure

__all__ = ["renewed", "table"]

HERE = Path(__file__).parent
PEERS = HERE / "peers.toml"
README = HERE.parent / "README.md"
BEGIN = "<!-- made by `python benchmarks/peers.py` -->"
END = "<!-- until here -->"


def table(results: Path = RESULTS) -> str:
    """Return the table in Markdown."""
    lines = ["| beside | it adds | measured | which has besides |", "|---|---|---|---|"]
    for peer in tomllib.loads(PEERS.read_text(encoding="utf-8"))["peer"]:
        named = {
            name: figure(f"{peer['name']}, {name}", about, results)
            for name, about in peer.get("figures", {}).items()
        }
        told = peer["measured"].format(**named)
        lines.append(f"| {peer['name']} | {peer['adds']} | {told} | {peer['besides']} |")
    return "\n".join(lines)


def renewed(text: str, results: Path = RESULTS) -> str:
    """Return the README's text with the table renewed between its two marks."""
    before, found, rest = text.partition(BEGIN)
    middle, closed, after = rest.partition(END)
    if not (found and closed and middle):
        raise ValueError(f"the text needs {BEGIN} and {END}, each on a line of its own")
    return f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}"


def main() -> int:
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
