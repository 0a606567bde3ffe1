"""Every method, unasked: found by folder or entry point, and held to what its spec declares."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

import infoscope.estimate as est
from infoscope.core.errors import InfoscopeError
from infoscope.core.result import Estimate
from infoscope.estimate.front import estimate, estimate_raw
from infoscope.estimate.method import Kind, Spec
from infoscope.estimate.registry import QUANTITIES, find_method, known_methods
from infoscope.estimate.variables import Variable, variable_of

N = 160
TWO_SAMPLES = {"kl_divergence", "jensen_shannon_divergence", "cross_entropy"}


@dataclass(frozen=True)
class Case:
    """One method on one combination of kinds."""

    spec: Spec
    kinds: tuple[Kind, ...]

    def __str__(self) -> str:
        return f"{self.spec.quantity}.{self.spec.name}[{','.join(self.kinds)}]"


CASES = [
    Case(spec, kinds)
    for quantity in QUANTITIES
    for name in known_methods(quantity)
    for spec in [find_method(quantity, name, function="test").spec]
    for kinds in spec.kinds
]


def columns(case: Case, seed: int = 0, n: int = N) -> list[np.ndarray]:
    """Return dependent columns of the case's kinds, one for each argument."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=n)
    out = []
    for i, kind in enumerate(case.kinds):
        noisy = hidden + rng.normal(size=n) * 0.8
        if case.spec.quantity in TWO_SAMPLES:
            noisy = rng.normal(size=n) * (1 + 0.3 * i)
        if kind == "discrete":
            out.append(np.clip(np.floor(noisy), -2, 2))
        elif kind == "mixed":
            out.append(np.where(noisy < 0, 0.0, noisy))
        else:
            out.append(noisy)
    return out


def variables(case: Case, data: list[np.ndarray]) -> tuple[Variable, ...]:
    out = []
    coded = None
    if case.spec.quantity in TWO_SAMPLES and case.kinds[0] == "discrete":
        both = np.concatenate(data)
        coded = variable_of("xy", "discrete", np.zeros((both.size, 0)), codes_of(both))
    start = 0
    for name, kind, column in zip("xyz", case.kinds, data, strict=False):
        n = column.shape[0]
        if coded is not None:
            assert coded.codes is not None
            part = variable_of(name, kind, np.zeros((n, 0)), coded.codes[start : start + n])
            codes = coded.codes[start : start + n]
            out.append(
                Variable(name, kind, part.values, codes, coded.n_levels, part.n_distinct, ())
            )
            start += n
        elif kind == "discrete":
            out.append(variable_of(name, kind, np.zeros((n, 0)), codes_of(column)))
        else:
            out.append(variable_of(name, kind, column.reshape(n, -1), None))
    return tuple(out)


def codes_of(column: np.ndarray) -> np.ndarray:
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def run(case: Case, data: list[np.ndarray], **kwargs: object) -> Estimate:
    return estimate(
        case.spec.quantity, variables(case, data), method=case.spec.name, unit="nats",
        rng=kwargs.get("rng", 0), interval=kwargs.get("interval"), options={},
    )  # fmt: skip


def close(a: float, b: float, within: float = 1e-9) -> bool:
    return a == b or math.isclose(a, b, rel_tol=within, abs_tol=within)


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def test_an_estimate_with_an_honest_error_bar_comes_back(case: Case) -> None:
    e = run(case, columns(case), interval=0.9)
    assert isinstance(e, Estimate)
    assert e.method == case.spec.name
    assert e.n == N
    assert not math.isnan(e.value)
    if case.spec.error_bar != "none" and math.isfinite(e.value):
        assert e.interval is not None
        assert e.interval.low <= e.interval.high
        assert e.interval.level == 0.9
        assert e.interval.how
    elif e.stderr is None and e.interval is None:
        assert e.notes, "no error bar and no word on why"


def test_the_spec_says_what_a_reader_needs(case: Case) -> None:
    assert case.spec.source
    assert case.spec.assumes
    assert case.spec.cost
    assert case.spec.invariances <= {"shift", "scale", "monotone", "relabel", "swap"}


def test_same_seed_same_answer(case: Case) -> None:
    first, second = (run(case, columns(case), interval=0.95, rng=7) for _ in range(2))
    assert first.to_dict() == second.to_dict()


def test_the_order_of_rows_is_irrelevant(case: Case) -> None:
    if case.spec.ordered:
        pytest.skip("a sequence")
    data = columns(case)
    orders = [np.random.default_rng(1).permutation(N) for _ in data]
    if case.spec.quantity not in TWO_SAMPLES:
        orders = [orders[0]] * len(data)
    mixed = [column[order] for column, order in zip(data, orders, strict=True)]
    first, second = run(case, data, interval=0.95), run(case, mixed, interval=0.95)
    assert close(first.value, second.value)
    if first.stderr is not None:
        assert second.stderr is not None
        assert close(first.stderr, second.stderr)


def test_local_values_average_to_the_value(case: Case) -> None:
    _, raw, _, _ = estimate_raw(
        case.spec.quantity, variables(case, columns(case)), method=case.spec.name, rng=0,
        options={}, error_bar=False, function="test",
    )  # fmt: skip
    if raw.per_sample is not None:
        assert raw.per_sample.shape == (N,)
        assert close(float(raw.per_sample.mean()), raw.nats)


def test_arguments_are_not_written_to(case: Case) -> None:
    data = columns(case)
    kept = [column.copy() for column in data]
    run(case, data, interval=0.95)
    for column, before in zip(data, kept, strict=True):
        np.testing.assert_array_equal(column, before)


def moved(case: Case, data: list[np.ndarray], how: str) -> list[np.ndarray]:
    maps = {
        "shift": lambda v, i: v + 10.0 * (i + 1),
        "scale": lambda v, i: v * (0.5, 1000.0, 3.0)[i],
        "monotone": lambda v, i: np.exp(v / (i + 1.0)),
        "relabel": lambda v, i: -v + 0 * i,
    }
    together = case.spec.quantity in TWO_SAMPLES
    discrete = how == "relabel"
    return [
        maps[how](column, 0 if together else i) if (kind == "discrete") == discrete else column
        for i, (kind, column) in enumerate(zip(case.kinds, data, strict=True))
    ]


@pytest.mark.parametrize("how", ["shift", "scale", "monotone", "relabel"])
def test_declared_invariances_hold(case: Case, how: str) -> None:
    if how not in case.spec.invariances:
        pytest.skip("not declared")
    data = columns(case)
    assert close(run(case, data).value, run(case, moved(case, data, how)).value, 1e-7)


def test_swapping_the_arguments_changes_nothing_where_declared(case: Case) -> None:
    if "swap" not in case.spec.invariances:
        pytest.skip("not declared")
    data = columns(case)
    swapped = Case(case.spec, (case.kinds[1], case.kinds[0], *case.kinds[2:]))
    other = run(swapped, [data[1], data[0], *data[2:]])
    assert close(run(case, data).value, other.value, 1e-8)


def test_too_few_rows_raise_and_the_fewest_do_not_crash(case: Case) -> None:
    data = [column[: case.spec.smallest_n - 1] for column in columns(case)]
    if data[0].size:
        with pytest.raises(InfoscopeError):
            run(case, data)
    fewest = [column[: case.spec.smallest_n] for column in columns(case)]
    try:
        e = run(case, fewest, interval=0.95)
    except InfoscopeError:
        return  # a sentence, not a traceback from within
    assert not math.isnan(e.value)


def test_an_unknown_option_is_refused_by_name(case: Case) -> None:
    with pytest.raises(InfoscopeError, match="nonsense"):
        estimate(
            case.spec.quantity, variables(case, columns(case)), method=case.spec.name,
            unit="nats", rng=0, interval=None, options={"nonsense": 1},
        )  # fmt: skip


def test_every_quantity_prints_its_table_of_methods() -> None:
    for quantity in QUANTITIES:
        text = str(est.methods(quantity))
        assert all(spec.name in text for spec in est.methods(quantity))
        assert "<table>" in est.methods(quantity)._repr_html_()
