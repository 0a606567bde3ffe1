"""Notice when the entropy of a model runs away: falling, too low, or rising."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown

__all__ = ["Alarm", "CollapseAlarm"]


@dataclass(frozen=True, slots=True)
class Alarm(Shown):
    """One alarm: what happened, at which step, and a sentence that says it in numbers."""

    kind: Literal["floor", "fall", "rise"]
    step: int
    entropy: float
    slope: float | None
    message: str

    def to_dict(self) -> dict[str, object]:
        """Return the parts by name; the slope is in nats a step."""
        return {
            "kind": self.kind, "step": self.step, "entropy": self.entropy, "slope": self.slope,
            "message": self.message,
        }  # fmt: skip

    def __str__(self) -> str:
        return self.message


class CollapseAlarm:
    """Watch the entropy of a run by its level and by its slope.

    floor: exp(H) < floor;  fall, rise: |slope| (t_last - t_first), by least squares

    Parameters
    ----------
    floor : float
        Alarm when the effective vocabulary exp(entropy) is below this; at least 1.
    fall, rise : float
        Alarm when the fitted line falls, or rises, by more than this many nats over the window.
    window : int
        How many records the line is fitted to; at least 3.
    certainty : float
        How many standard errors the slope must be away from zero.

    Raises
    ------
    InvalidArgument
        If a threshold is not positive, the floor is below 1, or the window below 3; and in
        `observe`, if steps do not ascend or an entropy is not finite.

    Notes
    -----
    Each kind speaks once, and again only after its condition has been over. A pretraining run falls
    by several nats at first, rightly: watch it with `fall=math.inf`, or from a later step on. One
    threshold alone is not enough: a policy may be lost long before it reaches a floor, and rising
    entropy ruins a policy as well as falling.

    Source
    ------
    Ordinary least squares; Cui et al. (2025), arXiv:2505.22617 (entropy collapse in RL).

    Examples
    --------
    >>> alarm = CollapseAlarm(floor=2.0)
    >>> [found.kind for found in alarm.observe(1, 0.5)]  # exp(0.5) = 1.65
    ['floor']
    """

    def __init__(
        self,
        *,
        floor: float = 1.5,
        fall: float = 1.0,
        rise: float = 1.0,
        window: int = 20,
        certainty: float = 3.0,
    ) -> None:
        for name, value, least in (
            ("floor", floor, 1.0), ("fall", fall, 0.0), ("rise", rise, 0.0),
            ("certainty", certainty, 0.0),
        ):  # fmt: skip
            if not value >= least or (name in {"fall", "rise"} and value == 0):
                want = "be above 0" if name in {"fall", "rise"} else f"be at least {least:g}"
                raise InvalidArgument(sentence("CollapseAlarm", name, want, value))
        if window < 3:
            raise InvalidArgument(sentence("CollapseAlarm", "window", "be at least 3", window))
        self.floor, self.fall, self.rise = float(floor), float(fall), float(rise)
        self.window, self.certainty = int(window), float(certainty)
        self._seen: deque[tuple[int, float]] = deque(maxlen=self.window)
        self._ringing: set[str] = set()

    def observe(self, step: int, entropy: float) -> list[Alarm]:
        """Take the mean entropy (nats) of the stretch that ended at `step`; return new alarms."""
        if not math.isfinite(entropy):
            raise InvalidArgument(
                sentence("CollapseAlarm.observe", "entropy", "be finite", entropy)
            )
        if self._seen and step <= self._seen[-1][0]:
            raise InvalidArgument(
                sentence("CollapseAlarm.observe", "step", f"be above {self._seen[-1][0]}", step)
            )
        self._seen.append((step, entropy))
        now = [alarm for alarm in (self._level(), *self._trend()) if alarm is not None]
        new = [alarm for alarm in now if alarm.kind not in self._ringing]
        self._ringing = {alarm.kind for alarm in now}
        return new

    def restart(self) -> None:
        """Forget what was seen, for a new run."""
        self._seen.clear()
        self._ringing.clear()

    def _level(self) -> Alarm | None:
        step, entropy = self._seen[-1]
        left = math.exp(min(entropy, 700.0))
        if left >= self.floor:
            return None
        return Alarm(
            "floor", step, entropy, None,
            f"step {step:,}: the entropy is {entropy:.3f} nats a token, an effective vocabulary of "
            f"{left:.2f}, below the floor of {self.floor:g}. The model is all but "
            "deterministic: raise the entropy bonus or the KL penalty, or lower the step size.",
        )  # fmt: skip

    def _trend(self) -> list[Alarm]:
        if len(self._seen) < self.window:
            return []
        slope, error = _line([float(t) for t, _ in self._seen], [h for _, h in self._seen])
        (first, _), (step, entropy) = self._seen[0], self._seen[-1]
        change = slope * (step - first)
        if abs(slope) < self.certainty * error:
            return []
        over = f"step {step:,}: over the last {step - first:,} steps the entropy"
        how = f"by {abs(change):.2f} nats ({slope:+.2g} nats a step, now {entropy:.3f})"
        if change < -self.fall:
            left = max(entropy - math.log(self.floor), 0.0) / -slope
            text = (
                f"{over} fell {how}; at this rate it reaches the floor in {left:,.0f} steps. "
                "Raise the entropy bonus or the KL penalty, or lower the step size."
            )
            return [Alarm("fall", step, entropy, slope, text)]
        if change > self.rise:
            text = (
                f"{over} rose {how}. The model is losing what it knew: lower the step size or the "
                "entropy bonus, and look at the data of these steps."
            )
            return [Alarm("rise", step, entropy, slope, text)]
        return []

    def state_dict(self) -> dict[str, object]:
        """Return what `load_state_dict` needs to go on after a checkpoint."""
        return {"seen": list(self._seen), "ringing": sorted(self._ringing)}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on from a checkpoint."""
        seen, ringing = state["seen"], state["ringing"]
        assert isinstance(seen, list)
        assert isinstance(ringing, list)
        self._seen = deque(((int(t), float(h)) for t, h in seen), maxlen=self.window)
        self._ringing = set(ringing)


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return the slope of the least-squares line and its standard error."""
    n = len(x)
    mx, my = math.fsum(x) / n, math.fsum(y) / n
    sxx = math.fsum((a - mx) ** 2 for a in x)
    slope = math.fsum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sxx
    rest = math.fsum((b - my - slope * (a - mx)) ** 2 for a, b in zip(x, y, strict=True))
    return slope, math.sqrt(rest / (n - 2) / sxx)
