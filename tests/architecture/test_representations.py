"""Every public result has a card for notebooks, and no text of a stranger becomes markup there."""

import importlib
import inspect
from dataclasses import dataclass, is_dataclass

from infoscope.core.showing import Shown

#: Packages with results; those of training, probes, labs and explorer are not listed yet.
PACKAGES = (
    "measures", "measures.families", "codes", "channels", "calibrate", "known", "estimate",
    "language", "language.words", "tables", "train", "probe",
)  # fmt: skip
#: What goes in, not what comes out: contracts, settings, inputs and machines.
NOT_RESULTS = {
    "HiddenStates", "LogitRows", "RowsOnDemand", "Tokens", "Thresholds", "Document", "ScoringRule",
    "Column", "StreamCoder", "Activations", "LanguageActivations", "TextStates", "WordStates",
    "AnnotatedSentence", "AnnotatedWord", "Statement", "TwelveBits", "Binning", "GaussianNoise",
    "NearestNeighbours", "PairwiseBounds",
}  # fmt: skip


def results() -> list[type]:
    found: dict[str, type] = {}
    for home in PACKAGES:
        package = importlib.import_module(f"infoscope.{home}")
        for name in getattr(package, "__all__", []):
            thing = getattr(package, name)
            if inspect.isclass(thing) and is_dataclass(thing) and name not in NOT_RESULTS:
                found[f"{home}.{name}"] = thing
    return list(found.values())


def test_each_public_result_is_shown_in_notebooks() -> None:
    found = results()
    assert len(found) > 50
    assert [kind.__name__ for kind in found if not hasattr(kind, "_repr_html_")] == []


def test_cards_escape_names_values_and_notes() -> None:
    @dataclass(frozen=True)
    class Hostile(Shown):
        name: str
        table: dict[str, str]
        notes: tuple[str, ...]

    evil = "<script>alert(1)</script>"
    html = Hostile(evil, {evil: evil}, (evil,))._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 4
