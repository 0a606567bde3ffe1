"""The checks that every estimation method must pass, for ours and for those of other packages.

They need no test runner: `check_estimator_method` runs them all, `estimator_checks` gives them one
by one, for ``pytest.mark.parametrize``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InfoscopeError, WrongType, sentence
from infoscope.core.result import Estimate
from infoscope.estimate.front import UNPAIRED, estimate, estimate_raw
from infoscope.estimate.method import Kind, Method, Run, Spec
from infoscope.estimate.registry import QUANTITIES, find_method
from infoscope.estimate.variables import Variable, variable_of

__all__ = ["Case", "check_estimator_method", "estimator_cases", "estimator_checks"]

Floats = NDArray[np.float64]
N = 160
_INVARIANCES = ("shift", "scale", "monotone", "relabel")


@dataclass(frozen=True)
class Case:
    """One method on one combination of kinds."""

    method: Method
    kinds: tuple[Kind, ...]

    @property
    def spec(self) -> Spec:
        """What the method says of itself."""
        return self.method.spec

    def __str__(self) -> str:
        return f"{self.spec.quantity}.{self.spec.name}[{','.join(self.kinds)}]"


def check_estimator_method(method: ModuleType | Method | str) -> None:
    """Run every check on a method and raise if any fails.

    Parameters
    ----------
    method : module, Method or str
        A module with ``SPEC`` and ``run``; or "<quantity>.<name>", as an entry point of the group
        ``infoscope.estimators`` is called, of an installed method.

    Raises
    ------
    AssertionError
        Naming each check that failed, the kinds of data it failed on, and how.
    WrongType
        If `method` is no method, its message saying why.

    Notes
    -----
    Each combination of kinds that the method takes is tried on 160 rows (and on the fewest): an
    estimate comes back with an error bar or a reason why not, equal seeds give equal answers, the
    order of rows is irrelevant unless `ordered`, local values average to the value, arguments are
    not written to, every declared invariance holds, too few rows and unknown options are refused.
    That the value is right is for the method's own tests. Cost: some thirty calls per combination.

    Source
    ------
    The contract is written down in docs/design/0020-estimators.md.

    Examples
    --------
    >>> check_estimator_method("entropy.miller_madow")
    """
    failed: list[str] = []
    for name, check in estimator_checks(method):
        try:
            check()
        except Exception as error:  # noqa: BLE001
            failed.append(f"{name}: {type(error).__name__}: {error}")
    if failed:
        raise AssertionError("\n".join(failed))


def estimator_checks(method: ModuleType | Method | str) -> list[tuple[str, Callable[[], None]]]:
    """Return all checks of a method as (name, function without arguments).

    Examples
    --------
    >>> name, check = estimator_checks("entropy.plugin")[0]
    >>> name
    'entropy.plugin[discrete] an_estimate_with_an_honest_error_bar_comes_back'
    >>> check()
    """
    return [
        (f"{case} {name}", partial(check, case))
        for case in estimator_cases(method)
        for name, check in _CHECKS.items()
        if _applies(name, case.spec)
    ]


def estimator_cases(method: ModuleType | Method | str) -> list[Case]:
    """Return the method with each combination of kinds that it takes.

    Examples
    --------
    >>> [str(case) for case in estimator_cases("entropy.plugin")]
    ['entropy.plugin[discrete]']
    """
    found = _method(method)
    return [Case(found, kinds) for kinds in found.spec.kinds]


def _method(given: ModuleType | Method | str) -> Method:
    function = "check_estimator_method"
    if isinstance(given, Method):
        return given
    if isinstance(given, str):
        quantity, _, name = given.partition(".")
        if quantity not in QUANTITIES:
            need = "be called '<quantity>.<name>'"
            advice = f"Quantities: {', '.join(QUANTITIES)}."
            raise WrongType(sentence(function, "method", need, repr(given), advice))
        return find_method(quantity, name, function=function)
    spec, run = getattr(given, "SPEC", None), getattr(given, "run", None)
    if not isinstance(spec, Spec) or not callable(run):
        need = "define SPEC (a Spec) and run (a function)"
        raise WrongType(sentence(function, "method", need, getattr(given, "__name__", repr(given))))
    return Method(spec, cast(Run, run))


def _applies(name: str, spec: Spec) -> bool:
    """Leave out what the method does not claim."""
    if name == "the_order_of_rows_is_irrelevant":
        return not spec.ordered
    claimed = name.removeprefix("invariant_under_")
    return claimed == name or claimed in spec.invariances


def _columns_of(case: Case, seed: int = 0, n: int = N) -> list[Floats]:
    """Return dependent columns of the case's kinds, one for each argument."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=n)
    out: list[Floats] = []
    for i, kind in enumerate(case.kinds):
        noisy = hidden + rng.normal(size=n) * 0.8
        if case.spec.quantity in UNPAIRED:
            noisy = rng.normal(size=n) * (1 + 0.3 * i)
        if kind == "discrete":
            out.append(np.clip(np.floor(noisy), -2, 2))
        elif kind == "mixed":
            out.append(np.where(noisy < 0, 0.0, noisy))
        else:
            out.append(noisy)
    return out


def _variables(case: Case, data: list[Floats]) -> tuple[Variable, ...]:
    """Return the columns as variables; two samples of labels are coded together."""
    together = case.spec.quantity in UNPAIRED and case.kinds[0] == "discrete"
    if together:
        both = np.unique(np.concatenate(data), return_inverse=True)[1].astype(np.int64)
        coded = variable_of("xy", "discrete", np.zeros((both.size, 0)), both)
        assert coded.codes is not None
        parts = np.split(coded.codes, np.cumsum([column.size for column in data])[:-1])
        return tuple(
            Variable(
                name, "discrete", np.zeros((part.size, 0)), part, coded.n_levels,
                int(np.unique(part).size), (),
            )
            for name, part in zip("xy", parts, strict=True)
        )  # fmt: skip
    out: list[Variable] = []
    for name, kind, column in zip("xyz", case.kinds, data, strict=False):
        n = column.size
        if kind == "discrete":
            codes = np.unique(column, return_inverse=True)[1].astype(np.int64)
            out.append(variable_of(name, kind, np.zeros((n, 0)), codes))
        else:
            out.append(variable_of(name, kind, column.reshape(n, 1), None))
    return tuple(out)


def _run(
    case: Case,
    data: list[Floats],
    *,
    interval: float | None = None,
    rng: int = 0,
    options: Mapping[str, int] | None = None,
) -> Estimate:
    return estimate(
        case.spec.quantity, _variables(case, data), method=case.method, unit="nats", rng=rng,
        interval=interval, options=options or {},
    )  # fmt: skip


def _require_close(a: float, b: float, what: str, within: float = 1e-9) -> None:
    if not (a == b or math.isclose(a, b, rel_tol=within, abs_tol=within)):
        raise AssertionError(f"{what}: {a!r} and {b!r}")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _estimate_comes_back(case: Case) -> None:
    e = _run(case, _columns_of(case), interval=0.9)
    _require(e.method == case.spec.name, f"the estimate names the method {e.method!r}")
    _require(e.n == N, f"n={e.n} instead of {N}")
    _require(not math.isnan(e.value), "the value is NaN")
    if case.spec.error_bar != "none" and math.isfinite(e.value):
        _require(e.interval is not None, "no interval, though error_bar is not 'none'")
        assert e.interval is not None
        _require(e.interval.low <= e.interval.high, "the interval's ends are swapped")
        _require(e.interval.level == 0.9, "the interval has another level than was asked for")
        _require(bool(e.interval.how), "`how` does not say how the error bar was made")
    elif e.stderr is None and e.interval is None:
        _require(bool(e.notes), "no error bar and no word on why")


def _spec_is_complete(case: Case) -> None:
    spec = case.spec
    for name in ("source", "assumes", "cost"):
        _require(bool(getattr(spec, name)), f"SPEC.{name} is empty")
    unknown = spec.invariances - {*_INVARIANCES, "swap"}
    _require(not unknown, f"unknown invariances: {sorted(unknown)}")


def _same_seed(case: Case) -> None:
    first, second = (_run(case, _columns_of(case), interval=0.95, rng=7) for _ in range(2))
    _require(first.to_dict() == second.to_dict(), "two calls with one seed differ")


def _row_order(case: Case) -> None:
    data = _columns_of(case)
    orders = [np.random.default_rng(1).permutation(N) for _ in data]
    if case.spec.quantity not in UNPAIRED:
        orders = [orders[0]] * len(data)
    mixed = [column[order] for column, order in zip(data, orders, strict=True)]
    first, second = _run(case, data, interval=0.95), _run(case, mixed, interval=0.95)
    _require_close(first.value, second.value, "values in two orders of rows")
    if first.stderr is not None:
        _require(second.stderr is not None, "an error bar that depends on the order of rows")
        assert second.stderr is not None
        _require_close(first.stderr, second.stderr, "standard errors in two orders of rows")


def _local_values(case: Case) -> None:
    _, raw, _, _ = estimate_raw(
        case.spec.quantity, _variables(case, _columns_of(case)), method=case.method, rng=0,
        options={}, error_bar=False, function="check_estimator_method",
    )  # fmt: skip
    if raw.per_sample is not None:
        _require(raw.per_sample.shape == (N,), f"per_sample has shape {raw.per_sample.shape}")
        _require_close(float(raw.per_sample.mean()), raw.nats, "mean of local values, and value")


def _arguments_untouched(case: Case) -> None:
    data = _columns_of(case)
    kept = [column.copy() for column in data]
    _run(case, data, interval=0.95)
    for column, before in zip(data, kept, strict=True):
        _require(np.array_equal(column, before), "an argument was written to")


def _moved(case: Case, data: list[Floats], how: str) -> list[Floats]:
    maps: dict[str, Callable[[Floats, int], Floats]] = {
        "shift": lambda v, i: v + 10.0 * (i + 1),
        "scale": lambda v, i: v * (0.5, 1000.0, 3.0)[i],
        "monotone": lambda v, i: np.exp(v / (i + 1.0)),
        "relabel": lambda v, _: -v,
    }
    together = case.spec.quantity in UNPAIRED
    return [
        maps[how](column, 0 if together else i)
        if (kind == "discrete") == (how == "relabel")
        else column
        for i, (kind, column) in enumerate(zip(case.kinds, data, strict=True))
    ]


def _invariant(how: str, case: Case) -> None:
    data = _columns_of(case)
    before, after = _run(case, data).value, _run(case, _moved(case, data, how)).value
    _require_close(before, after, f"values before and after {how}", 1e-7)


def _swap(case: Case) -> None:
    data = _columns_of(case)
    swapped = Case(case.method, (case.kinds[1], case.kinds[0], *case.kinds[2:]))
    other = _run(swapped, [data[1], data[0], *data[2:]])
    _require_close(_run(case, data).value, other.value, "values before and after a swap", 1e-8)


def _few_rows(case: Case) -> None:
    data = [column[: case.spec.smallest_n - 1] for column in _columns_of(case)]
    if data[0].size:
        try:
            _run(case, data)
        except InfoscopeError:
            pass
        else:
            raise AssertionError("fewer rows than smallest_n were taken")
    fewest = [column[: case.spec.smallest_n] for column in _columns_of(case)]
    try:
        e = _run(case, fewest, interval=0.95)
    except InfoscopeError:
        return  # a sentence, not a traceback from within
    _require(not math.isnan(e.value), "NaN at the fewest rows")


def _unknown_option(case: Case) -> None:
    try:
        _run(case, _columns_of(case), options={"nonsense": 1})
    except InfoscopeError as error:
        _require("nonsense" in str(error), "the message does not name the option")
    else:
        raise AssertionError("an unknown option was taken")


_CHECKS: dict[str, Callable[[Case], None]] = {
    "an_estimate_with_an_honest_error_bar_comes_back": _estimate_comes_back,
    "the_spec_says_what_a_reader_needs": _spec_is_complete,
    "same_seed_same_answer": _same_seed,
    "the_order_of_rows_is_irrelevant": _row_order,
    "local_values_average_to_the_value": _local_values,
    "arguments_are_not_written_to": _arguments_untouched,
    **{f"invariant_under_{how}": partial(_invariant, how) for how in _INVARIANCES},
    "invariant_under_swap": _swap,
    "too_few_rows_raise_and_the_fewest_do_not_crash": _few_rows,
    "an_unknown_option_is_refused_by_name": _unknown_option,
}
