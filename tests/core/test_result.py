"""`Estimate`: frozen, honest about what it does not know, convertible, printable."""

import dataclasses
import json
import math
import pickle

import pytest

from infoscope import Estimate, Interval
from infoscope.core.errors import InvalidArgument

FULL = Estimate(
    "mutual information", 0.3118, "nats", stderr=0.0214, method="ksg", n=1000,
    interval=Interval(0.2706, 0.3531, 0.95, "subsample"), settings={"k": 3},
    diagnostics={"ties": 0.0}, notes=("a note",),
)  # fmt: skip


def test_printing() -> None:
    assert str(FULL) == "0.312 ± 0.021 nats (ksg, k=3, n=1000; 95% 0.271–0.353)"
    assert FULL.short() == "0.312 ± 0.021 nats"
    assert str(Estimate("entropy", 1.5, "bits")) == "1.5000 bits"
    assert str(Estimate("entropy", -1e-9, "bits", stderr=0.01)).startswith("0.000")
    assert "inf" in str(Estimate("kl", math.inf, "nats"))
    assert (
        Estimate("entropy", 1.5849625007, "bits", stderr=4e-9).short() == "1.584963 ± 0.000000 bits"
    )
    assert Estimate("entropy", 0.0, "bits", stderr=3e-17).short() == "0.000 ± 0.000 bits"
    assert (
        Estimate("entropy", 1e-9, "bits", stderr=1e-10).short()
        == "0.00000000100 ± 0.00000000010 bits"
    )
    assert "<li>a note</li>" in FULL._repr_html_()
    escaped = Estimate("<b>", 1.0, "nats", notes=("<script>",))._repr_html_()
    assert "<script>" not in escaped
    assert "&lt;b&gt;" in escaped


def test_conversion_moves_all_numbers_together() -> None:
    e = FULL.to("bits")
    assert e.unit == "bits"
    for converted, raw in (
        (e.value, FULL.value),
        (e.stderr, FULL.stderr),
        (e.interval.low, FULL.interval.low),
        (e.interval.high, FULL.interval.high),
    ):
        assert converted == pytest.approx(raw / math.log(2), rel=1e-15)
    assert e.interval.level == 0.95
    assert Estimate("rate", 1.0, "nats/byte").to("bits").unit == "bits/byte"
    assert e.to("nats").value == pytest.approx(FULL.value, rel=1e-15)
    with pytest.raises(InvalidArgument, match=r"Estimate\.to: unit must convert between"):
        FULL.to("bytes")
    with pytest.raises(InvalidArgument, match="got 'per token'"):
        Estimate("perplexity", 20.0, "per token").to("bits")


def test_plain_values_survive_json_and_pickle() -> None:
    odd = dataclasses.replace(FULL, value=math.inf, stderr=math.nan)
    assert json.loads(json.dumps(odd.to_dict()))["value"] == "inf"
    assert FULL.to_dict()["interval"]["high"] == 0.3531
    assert pickle.loads(pickle.dumps(FULL)) == FULL
    assert float(FULL) == 0.3118


def test_frozen_to_the_bottom() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.value = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        FULL.diagnostics["ties"] = 1.0  # type: ignore[index]
    raw = Estimate("mutual information", -0.004, "nats")
    assert raw.value == -0.004  # never clipped at 0
