"""Copy KaTeX from its npm package into the explorer, and write down the hash of each file.

Run `python tools/vendor_katex.py` (needs npm): packs the version below, checks its integrity, keeps
the script, the style sheet, the woff2 fonts and the licence. `tests/explore/test_static.py` checks
the hashes.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "0.19.1"
INTEGRITY = (
    "jG8uKntjSEcm2EpQOh0XturpPuuC9r3Sq5HLHdsFdWZT27E672SF19QEi+of0/YeOy15lDgRhKvr5614uRrEfA=="
)
HOME = Path(__file__).parents[1] / "src" / "infoscope" / "explore" / "static" / "katex"


def main() -> None:
    """Fetch, check, copy, and record."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"katex@{VERSION}"], cwd=folder, check=True)
        packed = Path(folder, f"katex-{VERSION}.tgz")
        digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if digest != INTEGRITY:
            sys.exit(f"katex-{VERSION}.tgz has another content than expected: {digest}")
        with tarfile.open(packed) as archive:
            for member in archive.getmembers():
                name = wanted(member.name)
                source = archive.extractfile(member) if name else None
                if name and source is not None:
                    target = HOME / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(source.read())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(HOME).as_posix()}"
        for path in sorted(HOME.rglob("*"))
        if path.is_file() and path.name != "SHA256SUMS"
    ]
    (HOME / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="ascii")


def wanted(name: str) -> str:
    """Return the name under which a file of the package is kept, or "" for none."""
    inside = name.removeprefix("package/")
    if inside == "LICENSE":
        return "LICENSE.txt"
    if inside in ("dist/katex.min.js", "dist/katex.min.css"):
        return inside.removeprefix("dist/")
    if inside.startswith("dist/fonts/") and inside.endswith(".woff2"):
        return inside.removeprefix("dist/")
    return ""


if __name__ == "__main__":
    main()
