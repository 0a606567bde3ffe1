"""Completion scripts for the shells."""

from infoscope.cli.main import main

for shell in ("bash", "zsh", "tcsh"):
    assert main(["completion", shell]) == 0
