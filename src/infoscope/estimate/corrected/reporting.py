"""What `corrected_ksg` found out about its own answer, in numbers and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from infoscope.estimate.corrected.choosing import Candidate

__all__ = ["Findings", "notes_of"]

_GAP = 0.15  # value less bound; above it errors were four times larger in the study
_MISFIT = 3.0
_STRONG = 2.0  # nats
_VISIBLE = 0.5

_COPULAS = ("gaussian", "student", "contaminated")

_WORDS = {
    "independence": "no model beats independence on held-out rows",
    "gaussian": "a Gaussian copula",
    "student": "a Student copula",
    "contaminated": "a Gaussian copula in part of the rows",
    "clusters": "a mixture of Gaussians",
    "radial": "canonical variates of radially gated coordinates",
    "quadratic": "canonical variates of quadratic features",
    "pairs": "independent pairs of smoothed densities",
    "waves": "canonical variates of random cosines",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The parts of the estimate, in nats; `misfit` in standard deviations of the surrogates."""

    value: float
    bound: float
    in_sample: float
    model_information: float
    beyond_full: float
    beyond_reduced: float
    noise: float
    noise_reduced: float
    shape: float
    kurtosis: float
    unexplained_within: float
    hidden: bool
    misfit: float
    ksg: float
    ksg_of_model: float
    n: int
    fitted: int
    compared: int
    dimension: int

    def diagnostics(self) -> dict[str, float]:
        """Return the numbers under the names that users see."""
        named = {key: float(number) for key, number in asdict(self).items()}
        for key in ("value", "n", "fitted", "dimension", "hidden"):
            del named[key]
        named["held_out_bound"] = named.pop("bound")
        named["gap"] = self.value - self.bound
        return named


def notes_of(model: Candidate, tried: list[Candidate], found: Findings) -> tuple[str, ...]:
    """Return whole sentences for a careful reader."""
    words = _WORDS[model.name] + (f" ({model.detail})" if model.detail else "")
    others = max((c.bound for c in tried if c.name != model.name), default=0.0)
    notes = [
        f"Model of the dependence: {words}, chosen among {len(tried)} on held-out rows (bound "
        f"{model.bound:.3f} nats; next best {others:.3f}).",
        f"At least {max(found.bound, 0.0):.3f} nats are confirmed on held-out rows (a lower bound "
        "in expectation).",
    ]
    if found.hidden:
        sign = (
            f"Columns of one side depend on each other as no simple copula has it "
            f"({found.unexplained_within:.2f} nats beyond one)"
            if found.unexplained_within > 0.1
            else f"The rows are spread as if bounded (kurtosis {found.kurtosis:.1f} deviations)"
        )
        notes.append(
            f"{sign}: the natural coordinates may be others than these columns, and no model here "
            "finds them. The value may be still too low, and the interval is wider for it "
            f"({found.shape:.3f} nats)."
        )
    elif found.shape > 0.0:
        notes.append(
            "No simple copula is best here. On such tasks the value was mostly too low, by 8 % on "
            f"average, which the error bar includes ({found.shape:.3f} nats)."
        )
        if model.name in _COPULAS and found.misfit > 1.0:
            notes.append(
                "Even so a simple copula was best, and neighbours see more than it: the value is "
                "probably still too low."
            )
    if found.value - found.bound > _GAP:
        notes.append(
            f"The value is {found.value - found.bound:.2f} nats above that bound: the rest is the "
            "model's extrapolation and what neighbours see; trust it less."
        )
    if found.misfit > _MISFIT:
        notes.append(
            f"Neighbours see more dependence than the model has (z = {found.misfit:.1f}): the "
            "value is probably still too low."
        )
    if found.value > _STRONG:
        notes.append(
            f"Above {_STRONG:g} nats a value rests on the model's tails and edges, which "
            f"n={found.n} rows hardly show; trust it less."
        )
    if found.ksg - found.bound > 0.2 and found.bound < 0.1:
        notes.append(
            "Neighbours see far more than every model: fine structure that is not resolved. Take "
            "the value as a lower bound."
        )
    if found.model_information > 0.05 and found.ksg_of_model < _VISIBLE * found.model_information:
        notes.append(
            f"In {found.dimension} dimensions neighbours see only "
            f"{max(found.ksg_of_model, 0.0) / found.model_information:.0%} of the model's own "
            "dependence, so they cannot check it: the value rests on the model."
        )
    if model.name == "clusters":
        notes.append("The data fall into clusters: the value includes telling them apart.")
    if model.name == "student" and float(model.detail.split()[0]) <= 3.0:
        notes.append("Heavy tails with a common scale: large values come together in x and y.")
    if found.compared < found.n:
        fitted = "" if found.fitted == found.n else f"Models were fitted to {found.fitted}, and "
        verb = "neighbours" if fitted else "Neighbours"
        notes.append(f"{fitted}{verb} and surrogates compared on {found.compared}, random rows.")
    return tuple(notes)
