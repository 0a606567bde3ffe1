"""Callbacks and writers inside the real tools, on tiny models: a few steps each."""

import copy
import math
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch
import wandb
from datasets import Dataset
from lightning.pytorch import LightningModule
from lightning.pytorch import Trainer as LightningTrainer
from lightning.pytorch.loggers import CSVLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)
from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer

from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.train import dpo_loss
from infoscope.train.callbacks.huggingface import TrainerMonitor
from infoscope.train.callbacks.lightning import LightningMonitor
from infoscope.train.callbacks.trl import PolicyMonitor, PreferenceMonitor
from infoscope.train.collapse_alarm import Alarm
from infoscope.train.monitor import Monitor
from infoscope.train.monitor_values import MonitorRecord, MonitorValues
from infoscope.train.writers import MlflowWriter, TensorBoardWriter, WandbWriter

pytestmark = [
    pytest.mark.heavy,
    # What the tools themselves warn of on this machine, none of it ours.
    pytest.mark.filterwarnings("default"),
]


def tiny_llama(vocabulary: int = 31) -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64,
            pad_token_id=0, bos_token_id=1, eos_token_id=2,
        )
    )  # fmt: skip


def rows(n: int = 8, length: int = 12) -> list[dict[str, torch.Tensor]]:
    """Sequences whose numbers of counted tokens differ, as real batches have them."""
    g = torch.Generator().manual_seed(1)
    made: list[dict[str, torch.Tensor]] = []
    for i in range(n):
        ids = torch.randint(3, 31, (length,), generator=g)
        labels = ids.clone()
        labels[length - i % 5 :] = -100
        made.append({"input_ids": ids, "labels": labels})
    return made


def arguments(folder: Path, size: int, accumulation: int, **more: Any) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=size, max_steps=2, logging_steps=1,
        gradient_accumulation_steps=accumulation, learning_rate=0.01, report_to=[], use_cpu=True,
        save_strategy="no", disable_tqdm=True, seed=0, **more,
    )  # fmt: skip


def trained(folder: Path, size: int, accumulation: int) -> tuple[Monitor, Trainer]:
    model = tiny_llama()
    monitor = Monitor(on_alarm=list[Alarm]().append)
    trainer = Trainer(model=model, args=arguments(folder, size, accumulation), train_dataset=rows())  # type: ignore[arg-type]
    TrainerMonitor(monitor, reference=copy.deepcopy(model)).attach(trainer)
    trainer.train()
    return monitor, trainer


def test_the_trainer_logs_means_over_tokens_for_any_accumulation(tmp_path: Path) -> None:
    whole, trainer = trained(tmp_path, 4, 1)
    parts, _ = trained(tmp_path, 1, 4)
    assert [record.step for record in whole.history] == [1, 2]
    for a, b in zip(whole.history, parts.history, strict=True):
        assert a.values.n_tokens == b.values.n_tokens
        assert b.values.loss_nats == pytest.approx(a.values.loss_nats, rel=1e-5)
        assert b.values.entropy == pytest.approx(a.values.entropy, rel=1e-5)
        assert b.values.kl_ref == pytest.approx(a.values.kl_ref, abs=1e-6)
    first, second = whole.history
    assert first.values.kl_ref == 0.0  # the start model against itself
    assert second.values.kl_ref is not None
    assert second.values.kl_ref > 0
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    for entry, record in zip(logged, whole.history, strict=True):
        assert entry["loss"] == pytest.approx(record.values.loss_nats, abs=1e-4)  # its own loss
        assert entry["kl_ref"] == record.values.kl_ref
        assert entry["kl_estimator"] == "exact"


def test_the_trainer_callback_refuses_what_it_cannot_watch(tmp_path: Path) -> None:
    with pytest.raises(WrongType, match="transformers Trainer"):
        TrainerMonitor(Monitor()).attach(object())  # type: ignore[arg-type]
    trainer = Trainer(model=tiny_llama(), args=arguments(tmp_path, 1, 1))
    with pytest.raises(InvalidArgument, match="GRPO"):
        PolicyMonitor(Monitor()).attach(trainer)
    with pytest.raises(InvalidArgument, match="kl_estimator"):
        PolicyMonitor(Monitor(), kl_estimator="k4")


def letters() -> PreTrainedTokenizerFast:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    names = ["<pad>", "<s>", "</s>", *"abcdefghijklmnopqrstuvwxyz ."]
    inner = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, unk_token="."))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )


def test_grpo_logs_its_penalty_and_entropy_over_tokens(tmp_path: Path) -> None:
    tiny_llama().save_pretrained(tmp_path / "start")  # TRL loads the reference by its name
    config = GRPOConfig(
        output_dir=str(tmp_path), per_device_train_batch_size=4, num_generations=4, max_steps=4,
        max_completion_length=6, logging_steps=1, beta=0.1, learning_rate=0.2, report_to=[],
        use_cpu=True, save_strategy="no", disable_tqdm=True, bf16=False, seed=0,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=LlamaForCausalLM.from_pretrained(tmp_path / "start"), args=config,
        processing_class=letters(),
        reward_funcs=lambda completions, **_: [sum(map(ord, text)) / 100 for text in completions],
        train_dataset=Dataset.from_dict({"prompt": ["ab", "cd", "ef", "gh"]}),
    )  # fmt: skip
    monitor = Monitor(on_alarm=list[Alarm]().append)
    PolicyMonitor(monitor, kl_estimator="k3").attach(trainer)
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "infoscope/kl_ref" in entry]
    assert [entry["step"] for entry in logged] == [1, 2, 3, 4] == [r.step for r in monitor.history]
    assert max(entry["infoscope/kl_ref"] for entry in logged) > 0.05  # the policy has moved
    for entry in logged:  # one micro-batch a step: TRL's means of means are means over tokens
        assert entry["infoscope/kl_ref"] == pytest.approx(entry["kl"], rel=1e-3, abs=1e-6)
        assert entry["infoscope/entropy"] == pytest.approx(entry["entropy"], rel=1e-4)
        assert entry["infoscope/kl_estimator"] == "k3"
        assert entry["infoscope/kl_ref"] >= 0


def summed(model: LlamaForCausalLM, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """Return the log-probability of each answer, chosen and rejected, from plain logits."""
    with torch.no_grad():
        z = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    each = torch.log_softmax(z[:, :-1].double(), -1)
    each = each.gather(-1, batch["input_ids"][:, 1:, None])[..., 0]
    return (each * batch["completion_mask"][:, 1:]).sum(1).chunk(2)


def test_dpo_logs_its_tokens_and_its_pairs(tmp_path: Path) -> None:
    tiny_llama().save_pretrained(tmp_path / "start")
    config = DPOConfig(
        output_dir=str(tmp_path), per_device_train_batch_size=2, max_steps=4, logging_steps=1,
        gradient_accumulation_steps=2, beta=0.5, learning_rate=0.02, lr_scheduler_type="constant",
        report_to=[], use_cpu=True, save_strategy="no", disable_tqdm=True, bf16=False, seed=0,
    )  # fmt: skip
    trainer = DPOTrainer(
        model=LlamaForCausalLM.from_pretrained(tmp_path / "start"), args=config,
        processing_class=letters(),
        train_dataset=Dataset.from_dict({
            "prompt": ["ab", "cd", "ef", "gh"], "chosen": ["aaa", "aba", "caa", "a"],
            "rejected": ["zz", "yzx", "zzy", "wz"],
        }),
    )  # fmt: skip
    monitor = Monitor(on_alarm=list[Alarm]().append)
    watch = PreferenceMonitor(monitor).attach(trainer)
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert [entry["step"] for entry in logged] == [1, 2, 3, 4] == [r.step for r in monitor.history]
    assert logged[0]["infoscope/preference_loss_nats"] == pytest.approx(math.log(2), abs=1e-6)
    assert logged[-1]["infoscope/preference_loss_nats"] < 0.5  # it learns
    for entry in logged:
        assert entry["infoscope/preference_loss_nats"] == pytest.approx(entry["loss"], abs=2e-4)
        assert entry["infoscope/preference_n_tokens"] == 4  # pairs, in two micro-batches
        assert (
            entry["infoscope/preference_accuracy"] == pytest.approx(entry["rewards/accuracies"])
            or entry is logged[0]
        )  # margins of exactly 0 count as reached here
        assert entry["infoscope/preference_entropy"] <= math.log(2) + 1e-9
        assert entry["infoscope/entropy"] == pytest.approx(entry["entropy"], rel=0.02)
        assert "infoscope/kl_ref" not in entry  # given answers are no samples of the policy
    batch = next(iter(trainer.get_train_dataloader()))
    start = LlamaForCausalLM.from_pretrained(tmp_path / "start")
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, batch).item()
    tuned = tiny_llama()
    tuned.load_state_dict(trainer.model.state_dict())
    ours = dpo_loss(*summed(tuned, batch), *summed(start, batch), beta=0.5)
    assert ours.item() == pytest.approx(theirs, rel=1e-5)
    assert watch.pairs.n_tokens == 0  # evaluation is not counted
    with pytest.raises(InvalidArgument, match="DPO kind"):
        PreferenceMonitor(Monitor()).attach(Trainer(model=tiny_llama(), args=config))


class Bigram(LightningModule):
    """A table of logits, trained by Lightning."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(31, 31)

    def training_step(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        logits, targets = self.table(batch["input_ids"][:, :-1]), batch["labels"][:, 1:]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return {"loss": loss, "logits": logits, "targets": targets}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)


def test_lightning_records_for_any_accumulation(tmp_path: Path) -> None:
    found: list[list[MonitorRecord]] = []
    for size, accumulation in ((4, 1), (2, 2)):
        monitor = Monitor(on_alarm=list[Alarm]().append)
        torch.manual_seed(0)
        trainer = LightningTrainer(
            max_epochs=1, accelerator="cpu", logger=CSVLogger(tmp_path, version=size),
            accumulate_grad_batches=accumulation, enable_progress_bar=False, log_every_n_steps=1,
            enable_checkpointing=False, enable_model_summary=False,
            callbacks=[LightningMonitor(monitor)],
        )  # fmt: skip
        trainer.fit(Bigram(), DataLoader(rows(), batch_size=size))  # type: ignore[arg-type]
        found.append(monitor.history)
        assert trainer.callback_metrics["n_tokens"] == monitor.history[-1].values.n_tokens
        logged = (tmp_path / "lightning_logs" / f"version_{size}" / "metrics.csv").read_text()
        assert "effective_vocabulary" in logged
    assert [record.step for record in found[0]] == [1, 2]
    assert found[0][0] == found[1][0]  # before the first step the model is the same, bit for bit
    with pytest.raises(InvalidArgument, match="'logits' and 'targets'"):
        LightningMonitor(Monitor()).read({"loss": 0.0}, None)


RECORDS = [
    MonitorRecord(2, MonitorValues(1.5, 10, entropy=1.0, kl_ref=0.25, kl_estimator="exact")),
    MonitorRecord(4, MonitorValues(1.25, 12, entropy=0.5, kl_ref=0.5, kl_estimator="exact")),
]


def test_tensorboard_reads_back_what_was_written(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as board:
        writer = TensorBoardWriter(board)
        for record in RECORDS:
            writer.write(record)
    seen = EventAccumulator(str(tmp_path)).Reload().Scalars("train/kl_ref")
    assert [(event.step, event.value) for event in seen] == [(2, 0.25), (4, 0.5)]


def test_wandb_keeps_the_records_offline(tmp_path: Path) -> None:
    run = wandb.init(mode="offline", dir=str(tmp_path), project="monitors", reinit=True)
    writer = WandbWriter(run)
    for record in RECORDS:
        writer.write(record)
    summary = dict(run.summary)
    run.finish()
    assert (summary["train/step"], summary["train/loss_nats"]) == (4, 1.25)
    assert summary["train/perplexity"] == math.exp(1.25)
    assert list(tmp_path.rglob("*.wandb"))


def test_mlflow_keeps_the_records_in_a_local_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    client = mlflow.MlflowClient(tracking_uri=tmp_path.as_uri())
    run_id = client.create_run(client.create_experiment("monitors")).info.run_id
    writer = MlflowWriter(client, run_id)
    for record in RECORDS:
        writer.write(record)
    kept = client.get_metric_history(run_id, "train/kl_ref")
    assert [(m.step, m.value) for m in kept] == [(2, 0.25), (4, 0.5)]
    assert client.get_run(run_id).data.tags["train/kl_estimator"] == "exact"
