"""Keep exact sums of what training sees, and turn them into the numbers one wants to log."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor

from infoscope.core.errors import InfoscopeWarning, InvalidArgument, WrongType, sentence
from infoscope.train.accumulators import N_LIMBS, ExactSum
from infoscope.train.collapse_alarm import Alarm, CollapseAlarm
from infoscope.train.monitor_values import MonitorRecord, MonitorValues
from infoscope.train.statistics import TokenStatistics, token_statistics
from infoscope.train.tensors import IGNORED

__all__ = ["Monitor", "Writer"]

_QUANTITIES = ("nll", "entropy", "logsumexp_squared", "correct", "kl", "bytes")
_ESTIMATORS = ("exact", "k1", "k2", "k3")


class Writer(Protocol):
    """Anything that takes a record to where it is kept."""

    def write(self, record: MonitorRecord) -> None:
        """Keep the values of a step."""
        ...


class Monitor:
    """Exact sums and counts of a training run: update, all-reduce, compute, record.

    mean = sum over all tokens / number of tokens, over micro-batches and processes alike

    Parameters
    ----------
    alarm : CollapseAlarm, optional
        Watches the entropy of every record; `CollapseAlarm()` with its defaults if not given.
    on_alarm : callable, optional
        Is called with each `Alarm`; without it an `InfoscopeWarning` is given.
    writers : iterable of Writer
        Get each record: `TensorBoardWriter`, `WandbWriter`, `MlflowWriter`, `LiveLine`.

    Raises
    ------
    WrongType, InvalidArgument
        As the methods say; a batch that raises leaves the sums as they were.

    Notes
    -----
    Sums are exact (`ExactSum`), so that the result is the same bit for bit for any order, any split
    into micro-batches and any number of processes. An update reads a few numbers a token and waits
    for the device. A batch without tokens that count adds nothing; a stretch without any has no
    mean, and `compute` says so.

    Source
    ------
    Cover and Thomas (2006), chapters 2 and 5 (entropy, cross-entropy as code length).

    Examples
    --------
    >>> import torch
    >>> monitor = Monitor()
    >>> monitor.update(torch.zeros(3, 4), torch.tensor([0, 1, -100]), n_bytes=4)
    >>> found = monitor.compute()  # log 4 nats each, 2 bits; 4 bits over 4 bytes
    >>> found.n_tokens, round(found.perplexity, 5), round(found.bits_per_byte, 5)
    (2, 4.0, 1.0)
    """

    def __init__(
        self,
        *,
        alarm: CollapseAlarm | None = None,
        on_alarm: Callable[[Alarm], object] | None = None,
        writers: Iterable[Writer] = (),
    ) -> None:
        self.alarm = CollapseAlarm() if alarm is None else alarm
        self.on_alarm = on_alarm
        self.writers = list(writers)
        self.history: list[MonitorRecord] = []
        self.alarms: list[Alarm] = []
        self.reset()

    def reset(self) -> None:
        """Forget the sums; history and alarms stay."""
        self._sums = {name: ExactSum() for name in _QUANTITIES}
        self._estimator: str | None = None

    def restart(self) -> None:
        """Forget sums, history and alarms, for a new run."""
        self.reset()
        self.alarm.restart()
        self.history.clear()
        self.alarms.clear()

    @property
    def n_tokens(self) -> int:
        """How many tokens this process has counted since the last reset."""
        return self._sums["nll"].n

    def update(
        self,
        found: TokenStatistics | Tensor,
        targets: Tensor | None = None,
        *,
        reference: Tensor | None = None,
        mask: Tensor | None = None,
        ignore_index: int = IGNORED,
        n_bytes: int | None = None,
    ) -> None:
        """Add a (micro-)batch: what a loss returned, or logits with their targets.

        `found` is a `TokenStatistics` (from `linear_cross_entropy` or `token_statistics`), or
        logits of shape (..., k) with `targets` of shape (...); then `reference`, `mask` and
        `ignore_index` mean what they mean to `token_statistics`. `n_bytes` is the number of bytes
        of text that the counted tokens stand for.
        """
        if isinstance(found, Tensor):
            if targets is None:
                raise InvalidArgument(
                    sentence("Monitor.update", "targets", "come with logits", None)
                )
            found = token_statistics(
                found, targets, reference=reference, mask=mask, ignore_index=ignore_index
            )
        elif not isinstance(found, TokenStatistics):
            raise WrongType(
                sentence("Monitor.update", "found", "be a TokenStatistics or a tensor of logits",
                         type(found).__name__, "For sums use Monitor.update_sums.")
            )  # fmt: skip
        elif targets is not None or reference is not None or mask is not None:
            raise InvalidArgument(
                sentence("Monitor.update", "targets, reference and mask", "come with logits alone",
                         "a TokenStatistics, which has them in it")
            )  # fmt: skip
        keep = found.counted
        new = {
            "nll": ExactSum(found.nll[keep]),
            "entropy": ExactSum(found.entropy[keep]),
            "logsumexp_squared": ExactSum(found.logsumexp[keep].double().square()),
            "correct": ExactSum(found.correct[keep].long()),
        }
        if found.kl is not None:
            new["kl"] = ExactSum(found.kl[keep])
        self._take(new, None if found.kl is None else "exact", n_bytes, "Monitor.update")

    def update_tokens(
        self,
        nll: Tensor,
        *,
        entropy: Tensor | None = None,
        kl: Tensor | None = None,
        kl_estimator: str | None = None,
        mask: Tensor | None = None,
        n_bytes: int | None = None,
    ) -> None:
        """Add numbers known for each token, in nats, such as those of sampled completions.

        All have the shape of `nll`; `mask` is True where a token counts.
        """
        name = "Monitor.update_tokens"
        parts = {"nll": nll, "entropy": entropy, "kl": kl}
        for argument, values in (*parts.items(), ("mask", mask)):
            if values is not None and values.shape != nll.shape:
                raise InvalidArgument(
                    sentence(name, argument, f"have shape {tuple(nll.shape)}", tuple(values.shape))
                )
        if mask is not None and mask.dtype != torch.bool:
            raise WrongType(
                sentence(name, "mask", "be a boolean tensor", mask.dtype, "Write mask.bool().")
            )
        new = {
            key: ExactSum(values if mask is None else values[mask])
            for key, values in parts.items()
            if values is not None
        }
        self._take(new, kl_estimator, n_bytes, name)

    def update_sums(
        self,
        loss: float | Tensor,
        n_tokens: int,
        *,
        entropy: float | Tensor | None = None,
        kl: float | Tensor | None = None,
        kl_estimator: str | None = None,
        n_correct: int | None = None,
        n_bytes: int | None = None,
    ) -> None:
        """Add sums over `n_tokens` tokens: of losses, entropies and KL, all in nats."""
        name = "Monitor.update_sums"
        if n_tokens < 0:
            raise InvalidArgument(sentence(name, "n_tokens", "be at least 0", n_tokens))
        if n_correct is not None and not 0 <= n_correct <= n_tokens:
            raise InvalidArgument(sentence(name, "n_correct", f"lie in 0 to {n_tokens}", n_correct))
        given = {"nll": loss, "entropy": entropy, "kl": kl, "correct": n_correct}
        new: dict[str, ExactSum] = {}
        for key, value in given.items():
            if value is not None:
                new[key] = ExactSum()
                new[key].add(value, n=int(n_tokens))
                if not n_tokens and new[key].total:
                    raise InvalidArgument(
                        sentence(name, key, "be 0 where no token counts", float(value),
                                 "Give sums over the tokens, not means.")
                    )  # fmt: skip
        self._take(new, kl_estimator, n_bytes, name)

    def _take(
        self, new: dict[str, ExactSum], estimator: str | None, n_bytes: int | None, function: str
    ) -> None:
        if ("kl" in new) != (estimator is not None) or estimator not in (None, *_ESTIMATORS):
            raise InvalidArgument(
                sentence(function, "kl_estimator", f"be one of {', '.join(_ESTIMATORS)} with a KL, "
                         "and absent without", repr(estimator))
            )  # fmt: skip
        if estimator and self._estimator not in (None, estimator):
            raise InvalidArgument(
                sentence(function, "kl_estimator", f"stay {self._estimator!r} within a stretch",
                         repr(estimator), "Means of two estimators have no meaning; use two "
                         "monitors, or reset between them.")
            )  # fmt: skip
        if n_bytes is not None:
            if n_bytes < 0:
                raise InvalidArgument(sentence(function, "n_bytes", "be at least 0", n_bytes))
            new["bytes"] = ExactSum()
            new["bytes"].add(float(n_bytes), n=new["nll"].n)
        for key, part in new.items():
            self._sums[key].merge(part)
        self._estimator = estimator or self._estimator

    def all_reduce(self, group: dist.ProcessGroup | None = None) -> Monitor:
        """Return a monitor with the sums of all processes; this one keeps its own.

        Every process must call it. Integers are added, so that all get the same, and the same as
        one process would have found. Without torch.distributed it is a copy.
        """
        whole = Monitor(alarm=self.alarm)
        kinds = torch.zeros(len(_ESTIMATORS), dtype=torch.int64)
        if self._estimator:
            kinds[_ESTIMATORS.index(self._estimator)] = 1
        rows = torch.tensor([self._sums[name].limbs() for name in _QUANTITIES], dtype=torch.int64)
        flat = torch.cat([kinds, rows.reshape(-1)])
        if dist.is_available() and dist.is_initialized():
            if "nccl" in str(dist.get_backend(group)):
                flat = flat.cuda()
            dist.all_reduce(flat, op=dist.ReduceOp.SUM, group=group)
            flat = flat.cpu()
        used = [name for name, n in zip(_ESTIMATORS, flat.tolist(), strict=False) if n]
        if len(used) > 1:
            raise InvalidArgument(
                sentence("Monitor.all_reduce", "kl_estimator", "be the same in all processes",
                         " and ".join(used))
            )  # fmt: skip
        whole._estimator = used[0] if used else None
        for name, limbs in zip(
            _QUANTITIES, flat[len(_ESTIMATORS) :].reshape(-1, N_LIMBS + 2).tolist(), strict=True
        ):
            whole._sums[name] = ExactSum.of_limbs(limbs)
        return whole

    def compute(self) -> MonitorValues:
        """Return the means of what this process has counted since the last reset."""
        sums = self._sums
        n = sums["nll"].n
        if not n:
            raise InvalidArgument(
                sentence("Monitor.compute", "the stretch", "hold at least one token that counts",
                         "none", "Were all targets ignore_index? Ask n_tokens first.")
            )  # fmt: skip
        for name in _QUANTITIES:
            if sums[name].n not in (0, n) and name != "correct":
                raise InvalidArgument(
                    sentence("Monitor.compute", name, f"be reported for all {n:,} tokens or none",
                             f"{sums[name].n:,}", "Report it in every update of a stretch.")
                )  # fmt: skip

        def mean(name: str) -> float | None:
            return sums[name].mean() if sums[name].n == n else None

        square = mean("logsumexp_squared")
        return MonitorValues(
            loss_nats=sums["nll"].mean(), n_tokens=n, entropy=mean("entropy"), kl_ref=mean("kl"),
            kl_estimator=self._estimator if sums["kl"].n else None, accuracy=mean("correct"),
            logsumexp_rms=None if square is None else math.sqrt(square),
            total_nats=float(sums["nll"]),
            n_bytes=int(float(sums["bytes"])) if sums["bytes"].n else None,
        )  # fmt: skip

    def record(self, step: int, *, group: dist.ProcessGroup | None = None) -> MonitorRecord | None:
        """Close the stretch at an optimiser step: all-reduce, keep, alarm, write, reset.

        Every process must call it. Returns None, and keeps nothing, where no token counted
        anywhere. Writers get the record on the first process alone.
        """
        whole = self.all_reduce(group)
        if not whole.n_tokens:
            return None
        if self.history and step <= self.history[-1].step:
            raise InvalidArgument(
                sentence("Monitor.record", "step", f"be above {self.history[-1].step}", step,
                         "Count optimiser steps; for a new run call restart first.")
            )  # fmt: skip
        made = MonitorRecord(int(step), whole.compute())
        self.reset()
        self.history.append(made)
        if made.values.entropy is not None:
            for alarm in self.alarm.observe(made.step, made.values.entropy):
                self._ring(alarm)
        if not (dist.is_available() and dist.is_initialized()) or dist.get_rank(group) == 0:
            for writer in self.writers:
                writer.write(made)
        return made

    def _ring(self, alarm: Alarm) -> None:
        self.alarms.append(alarm)
        if self.on_alarm is not None:
            self.on_alarm(alarm)
        else:
            warnings.warn(alarm.message, InfoscopeWarning, stacklevel=3)

    def state_dict(self) -> dict[str, object]:
        """Return the sums, plain numbers, to go on from a checkpoint in the midst of a stretch."""
        return {
            "sums": {name: part.limbs() for name, part in self._sums.items()},
            "estimator": self._estimator,
            "alarm": self.alarm.state_dict(),
        }

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on from a checkpoint; the history of before is not part of it."""
        sums, estimator, alarm = state["sums"], state["estimator"], state["alarm"]
        assert isinstance(sums, dict)
        assert isinstance(alarm, dict)
        self._sums = {name: ExactSum.of_limbs(sums[name]) for name in _QUANTITIES}
        self._estimator = None if estimator is None else str(estimator)
        self.alarm.load_state_dict(alarm)
