"""Monitors: exact sums, one answer for any split and any number of processes, alarms, refusals."""

import json
import math
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InfoscopeWarning, InvalidArgument, WrongType
from infoscope.train import linear_cross_entropy, token_statistics
from infoscope.train.accumulators import ExactSum
from infoscope.train.callbacks.plain import watch_training
from infoscope.train.collapse_alarm import Alarm, CollapseAlarm
from infoscope.train.live_line import LiveLine
from infoscope.train.monitor import Monitor
from infoscope.train.monitor_values import MonitorRecord, MonitorValues
from infoscope.train.run_report import run_report, save_run_report

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def batch(n: int = 60, k: int = 11, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, k, (n,), generator=g)
    y[::7] = -100
    return torch.randn(n, k, generator=g) * 3, y


# sums


@given(st.lists(FLOATS, max_size=40))
def test_a_sum_is_that_of_fractions_in_any_order(values: list[float]) -> None:
    exact = sum((Fraction(v) for v in values), Fraction(0))
    found = ExactSum(values)
    assert Fraction(found.total, 2**1074) == exact
    mixed = values[:]
    random.Random(0).shuffle(mixed)
    assert ExactSum(mixed) == found
    assert ExactSum.of_limbs(found.limbs()) == found


@given(st.lists(FLOATS, max_size=20), st.lists(FLOATS, max_size=20))
def test_limbs_add_place_by_place(a: list[float], b: list[float]) -> None:
    added = [x + y for x, y in zip(ExactSum(a).limbs(), ExactSum(b).limbs(), strict=True)]
    assert ExactSum.of_limbs(added) == ExactSum(a + b)
    assert max(map(abs, added[2:])) < 2**33  # room for 2^31 processes in 64 bits


def test_a_sum_agrees_with_fsum_and_knows_the_ends() -> None:
    values = np.random.default_rng(0).normal(size=100_000) * 10.0 ** np.arange(-50, 50).repeat(1000)
    assert float(ExactSum(values)) == math.fsum(values)
    assert float(ExactSum([5e-324, 5e-324])) == 1e-323
    assert float(ExactSum([1.7e308, 1.7e308])) == math.inf
    assert ExactSum([1.7e308, 1.7e308]).mean() == 1.7e308
    assert ExactSum([1.0, math.inf]).mean() == math.inf
    assert ExactSum(torch.tensor([0.5, 0.25], dtype=torch.float16)).mean() == 0.375
    assert math.copysign(1.0, float(ExactSum([-0.0]))) == 1.0


@pytest.mark.parametrize("bad", [math.nan, -math.inf])
def test_a_sum_refuses_what_has_no_mean(bad: float) -> None:
    with pytest.raises(InvalidArgument, match="must be numbers"):
        ExactSum([1.0, bad])
    with pytest.raises(WrongType, match="real numbers"):
        ExactSum(torch.tensor([True]))
    with pytest.raises(InvalidArgument, match="at least one number"):
        ExactSum().mean()


# monitors


def test_values_of_a_batch_done_by_hand() -> None:
    p = torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]], dtype=torch.float64)
    uniform = torch.zeros(2, 3, dtype=torch.float64)
    monitor = Monitor()
    monitor.update(p.log(), torch.tensor([0, 2]), reference=uniform, n_bytes=3)
    found = monitor.compute()
    assert found.loss_bits == pytest.approx(1.5, abs=1e-15)  # 1 bit and 2 bits
    assert found.bits_per_byte == pytest.approx(1.0, abs=1e-15)
    assert found.entropy == pytest.approx(1.5 * math.log(2), abs=1e-15)
    assert found.effective_vocabulary == pytest.approx(2**1.5)
    assert found.kl_ref == pytest.approx(math.log(3) - 1.5 * math.log(2), abs=1e-15)
    assert (found.kl_estimator, found.accuracy, found.n_tokens) == ("exact", 0.5, 2)
    assert found.logsumexp_rms == pytest.approx(0.0, abs=1e-15)
    assert found.perplexity == pytest.approx(2**1.5)
    assert list(found.to_dict())[:3] == ["loss_nats", "loss_bits", "perplexity"]
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


def test_the_mean_is_over_tokens_not_over_micro_batches() -> None:
    z, y = batch()
    whole, parts, shuffled = Monitor(), Monitor(), Monitor()
    whole.update(z, y, reference=z * 0.5)
    for a, b in ((0, 1), (1, 40), (40, 60)):
        parts.update(z[a:b], y[a:b], reference=z[a:b] * 0.5)
    order = torch.randperm(60, generator=torch.Generator().manual_seed(3))
    shuffled.update(z[order], y[order], reference=z[order] * 0.5)
    assert parts.compute() == whole.compute() == shuffled.compute()
    per_token = torch.nn.functional.cross_entropy(z, y, reduction="mean")
    assert whole.compute().loss_nats == pytest.approx(per_token.item(), rel=1e-6)


def test_what_the_fused_loss_returned_and_sums_are_taken_alike() -> None:
    g = torch.Generator().manual_seed(1)
    hidden, weight = torch.randn(9, 4, generator=g), torch.randn(7, 4, generator=g)
    y = torch.arange(9) % 7
    fused, sums = Monitor(), Monitor()
    found = linear_cross_entropy(hidden, weight, y)
    fused.update(found)
    sums.update_sums(
        found.nll.double().sum(), 9, entropy=found.entropy.double().sum(),
        n_correct=int(found.correct.sum()), n_bytes=9,
    )  # fmt: skip
    a, b = fused.compute(), sums.compute()
    assert b.loss_nats == pytest.approx(a.loss_nats, rel=1e-12)
    assert (b.accuracy, b.n_tokens, b.logsumexp_rms) == (a.accuracy, 9, None)
    plain = token_statistics(hidden @ weight.T, y)
    assert a.loss_nats == pytest.approx(plain.nll.mean().item(), rel=1e-5)


def test_all_ignored_and_empty_batches_add_nothing() -> None:
    monitor = Monitor()
    monitor.update(torch.zeros(3, 4), torch.full((3,), -100))
    monitor.update(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long))
    monitor.update(torch.full((2, 4), math.nan), torch.full((2,), -100))
    assert monitor.n_tokens == 0
    assert monitor.record(1) is None
    with pytest.raises(InvalidArgument, match="at least one token that counts"):
        monitor.compute()
    monitor.update(torch.zeros(1, 4), torch.tensor([1]))
    assert monitor.compute().perplexity == pytest.approx(4.0)


def test_nan_is_refused_and_leaves_the_sums_alone() -> None:
    monitor = Monitor()
    monitor.update(*batch())
    before = monitor.compute()
    with pytest.raises(InvalidArgument, match="NaN"):
        monitor.update(torch.full((2, 4), math.nan), torch.tensor([0, 1]))
    with pytest.raises(InvalidArgument, match="nan"):
        monitor.update_sums(1.0, 2, entropy=math.nan)
    assert monitor.compute() == before


def test_a_target_of_probability_zero_makes_the_loss_infinite_not_nan() -> None:
    monitor = Monitor()
    monitor.update(torch.tensor([[0.0, -math.inf], [0.0, 0.0]]), torch.tensor([1, 0]))
    found = monitor.compute()
    assert (found.loss_nats, found.perplexity) == (math.inf, math.inf)
    assert found.entropy == pytest.approx(math.log(2) / 2)


def test_perplexity_overflows_only_where_floats_do() -> None:
    assert MonitorValues(709.0, 1).perplexity == math.exp(709.0)
    assert MonitorValues(710.0, 1).perplexity == math.inf
    assert MonitorValues(710.0, 1).log_perplexity == 710.0
    monitor = Monitor()
    monitor.update(torch.tensor([[0.0, -200.0]]), torch.tensor([1]))
    assert monitor.compute().perplexity == pytest.approx(math.exp(200.0))


def test_half_precision_is_summed_in_double() -> None:
    z, y = batch()
    monitor, single = Monitor(), Monitor()
    monitor.update(z.bfloat16(), y)
    single.update(z.bfloat16().float(), y)
    assert monitor.compute() == single.compute()


def test_misuse_is_told() -> None:
    monitor = Monitor()
    with pytest.raises(InvalidArgument, match="targets must come with logits"):
        monitor.update(torch.zeros(1, 2))
    with pytest.raises(WrongType, match="update_sums"):
        monitor.update(0.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="kl_estimator"):
        monitor.update_sums(1.0, 1, kl=0.1)
    with pytest.raises(InvalidArgument, match="sums over the tokens"):
        monitor.update_sums(1.0, 0)
    monitor.update_sums(1.0, 1, kl=0.1, kl_estimator="k1")
    with pytest.raises(InvalidArgument, match="stay 'k1'"):
        monitor.update_sums(1.0, 1, kl=0.1, kl_estimator="k3")
    monitor.update_sums(1.0, 1)
    with pytest.raises(InvalidArgument, match="all 2 tokens or none"):
        monitor.compute()
    with pytest.raises(InvalidArgument, match="mask must have shape"):
        monitor.update_tokens(torch.zeros(2), mask=torch.ones(3, dtype=torch.bool))


def test_a_checkpoint_in_the_midst_of_a_stretch_changes_nothing(tmp_path: Path) -> None:
    z, y = batch()
    straight, before, after = Monitor(), Monitor(), Monitor()
    straight.update(z, y)
    before.update(z[:30], y[:30])
    torch.save(before.state_dict(), tmp_path / "state.pt")
    after.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    after.update(z[30:], y[30:])
    assert after.compute() == straight.compute()


# processes


def worker(rank: int, n: int, folder: str) -> None:
    """Count every n-th row of the batch, then write what all processes found together."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=n)
    z, y = batch(301)
    monitor = Monitor()
    monitor.update(z[rank::n], y[rank::n], reference=z[rank::n] * 0.9, n_bytes=7 + rank)
    local = monitor.n_tokens
    whole = monitor.all_reduce()
    assert monitor.n_tokens == local  # its own sums are untouched
    record = monitor.record(5)
    assert record is not None
    assert record.values == whole.compute()
    if rank == 1:
        monitor.update(torch.zeros(1, 4), torch.tensor([0]))  # the other process has no token
    one_sided = monitor.record(6)
    assert one_sided is not None
    found = {"first": whole.compute().to_dict(), "second": one_sided.values.n_tokens}
    Path(folder, f"{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()


def test_two_processes_find_exactly_what_one_finds(tmp_path: Path) -> None:
    mp.spawn(worker, args=(2, str(tmp_path)), nprocs=2)
    z, y = batch(301)
    alone = Monitor()
    alone.update(z, y, reference=z * 0.9, n_bytes=15)
    expected = {"first": alone.compute().to_dict(), "second": 1}
    for rank in range(2):
        assert json.loads((tmp_path / f"{rank}.json").read_text()) == expected


def test_without_processes_all_reduce_is_a_copy() -> None:
    monitor = Monitor()
    monitor.update(*batch())
    assert monitor.all_reduce().compute() == monitor.compute()


# alarms


def test_the_floor_speaks_once_and_again_after_it_was_over() -> None:
    alarm = CollapseAlarm(floor=2.0)
    heard = [[a.kind for a in alarm.observe(t, h)] for t, h in enumerate([1.0, 0.6, 0.5, 1.0, 0.1])]
    assert heard == [[], ["floor"], [], [], ["floor"]]


@pytest.mark.parametrize(("sign", "kind"), [(-1, "fall"), (1, "rise")])
def test_a_slope_is_noticed_before_the_floor(sign: int, kind: str) -> None:
    alarm = CollapseAlarm(window=5, fall=1.0, rise=1.0)
    heard = [a for t in range(10) for a in alarm.observe(10 * t, 6.0 + sign * 0.3 * t)]
    assert [(a.kind, a.step) for a in heard] == [(kind, 40)]  # 4 intervals of 0.3 are 1.2 nats
    assert heard[0].slope == pytest.approx(sign * 0.03)
    assert "1.20 nats" in heard[0].message


def test_noise_around_a_level_and_slow_drift_are_no_alarm() -> None:
    noise = np.random.default_rng(0).normal(size=400)
    alarm = CollapseAlarm()
    assert not [a for t, e in enumerate(noise) for a in alarm.observe(t, 4 + e / 2 - t / 1000)]


def test_an_alarm_reaches_the_callback_or_warns() -> None:
    heard: list[str] = []
    monitor = Monitor(on_alarm=lambda alarm: heard.append(alarm.kind))
    monitor.update_sums(1.0, 10, entropy=0.0)
    monitor.record(1)
    assert heard == ["floor"] == [alarm.kind for alarm in monitor.alarms]
    quiet = Monitor()
    quiet.update_sums(1.0, 10, entropy=0.0)
    with pytest.warns(InfoscopeWarning, match="below the floor"):
        quiet.record(1)


def test_an_alarm_refuses_settings_and_steps_without_meaning() -> None:
    for bad in ({"floor": 0.5}, {"fall": 0.0}, {"rise": -1.0}, {"window": 2}, {"floor": math.nan}):
        with pytest.raises(InvalidArgument, match=next(iter(bad))):
            CollapseAlarm(**bad)  # type: ignore[arg-type]
    alarm = CollapseAlarm()
    alarm.observe(3, 1.0)
    with pytest.raises(InvalidArgument, match="step must be above 3"):
        alarm.observe(3, 1.0)
    with pytest.raises(InvalidArgument, match="finite"):
        alarm.observe(4, math.nan)


# records, the loop, the line, the page


class Kept:
    """A writer that keeps what it gets."""

    def __init__(self) -> None:
        self.seen: list[MonitorRecord] = []
        self.closed = False

    def write(self, record: MonitorRecord) -> None:
        self.seen.append(record)

    def close(self) -> None:
        self.closed = True


def test_a_loop_is_recorded_the_same_for_any_accumulation() -> None:
    z, y = batch(48)
    found: list[list[MonitorRecord]] = []
    for n_micro in (1, 2, 4):
        kept = Kept()
        monitor = Monitor(writers=[kept])
        with watch_training(monitor, every=2) as watch:
            for rows, targets in zip(z.split(12), y.split(12), strict=True):
                for a, b in zip(rows.chunk(n_micro), targets.chunk(n_micro), strict=True):
                    watch.add(a, b)
                watch.step()
        assert kept.seen == monitor.history
        assert kept.closed
        found.append(monitor.history)
    assert [r.step for r in found[0]] == [2, 4]
    assert found[0] == found[1] == found[2]
    with pytest.raises(InvalidArgument, match="every"):
        watch_training(Monitor(), every=0)


def test_steps_must_ascend_until_a_restart() -> None:
    monitor = Monitor()
    monitor.update(*batch())
    monitor.record(4)
    monitor.update(*batch())
    with pytest.raises(InvalidArgument, match="step must be above 4"):
        monitor.record(4)
    monitor.restart()
    monitor.update(*batch())
    assert monitor.record(1) is not None


def test_the_line_goes_to_stderr_with_its_units(capfd: pytest.CaptureFixture[str]) -> None:
    record = MonitorRecord(5, MonitorValues(1.25, 10, entropy=1.0, kl_ref=0.5, kl_estimator="k3"))
    assert LiveLine.text(record) == (
        "loss 1.250 nats, perplexity 3.49, entropy 1.000 nats, KL 0.500 nats"
    )
    line = LiveLine(10, show=False)
    line.write(record)
    line.close()
    assert capfd.readouterr().out == ""


def test_the_page_holds_the_numbers_and_the_alarms(tmp_path: Path) -> None:
    monitor = Monitor(on_alarm=list[Alarm]().append)
    for t in range(1, 4):
        monitor.update_sums(
            20.0 / t, 10, entropy=3.0 / t, kl=0.1 * t, kl_estimator="k3", n_bytes=40
        )
        monitor.record(t)
    path = save_run_report(tmp_path / "run.html", monitor, name="<demo>")
    text = path.read_text()
    assert text == run_report(monitor, name="<demo>")
    assert "Training run: &lt;demo&gt;" in text
    assert "estimated by k3" in text
    assert "below the floor" in text
    assert text.count("<svg") == 4  # loss and entropy, bits per byte, vocabulary, KL
    assert "nan" not in text.lower().replace("<svg", "")
    with pytest.raises(InvalidArgument, match="at least one record"):
        run_report(Monitor())
