"""The built-in model, fine-tuned for a few steps on a real text: the KL equals `compare`."""

import copy
import shutil
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator  # noqa: F401  # the Trainer needs it
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

from infoscope.language import compare, load
from infoscope.language.store import cache_folder, install
from infoscope.train.callbacks.huggingface import TrainerMonitor
from infoscope.train.collapse_alarm import Alarm
from infoscope.train.monitor import Monitor

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("default")]

TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the "
    "age of foolishness, it was the epoch of belief, it was the epoch of incredulity."
)  # Dickens, A Tale of Two Cities (1859), public domain


def test_kl_to_the_start_model_is_what_compare_finds(tmp_path: Path) -> None:
    install("smollm2")
    home = cache_folder() / "models" / "smollm2"
    model = AutoModelForCausalLM.from_pretrained(home, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(home)
    start = copy.deepcopy(model)
    found = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    ids = torch.tensor([tokenizer.bos_token_id, *found])
    monitor = Monitor(on_alarm=list[Alarm]().append)

    def run(n_steps: int, rate: float) -> None:
        arguments = TrainingArguments(
            output_dir=str(tmp_path), per_device_train_batch_size=1, max_steps=n_steps,
            logging_steps=1, learning_rate=rate, lr_scheduler_type="constant", report_to=[],
            use_cpu=True, save_strategy="no", disable_tqdm=True, optim="sgd", seed=0,
        )  # fmt: skip
        trainer = Trainer(
            model=model, args=arguments, train_dataset=[{"input_ids": ids, "labels": ids}]
        )  # type: ignore[arg-type]
        TrainerMonitor(
            monitor, reference=start, count_bytes=lambda labels: len(tokenizer.decode(labels))
        ).attach(trainer)
        trainer.train()

    run(3, 0.01)
    first, second, third = (record.values for record in monitor.history)
    assert first.kl_ref == 0.0
    assert first.loss_nats > second.loss_nats > third.loss_nats
    assert 0 < second.kl_ref < third.kl_ref  # type: ignore[operator]
    monitor.restart()
    run(1, 0.0)  # one look at the model as it is saved
    seen = monitor.history[0].values
    model.save_pretrained(tmp_path / "tuned")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(home / name, tmp_path / "tuned" / name)
    judged = compare(TEXT, load(tmp_path / "tuned"), load("smollm2"))
    assert judged.kl_divergence.unit == "nats/token"
    assert seen.n_tokens == len(found) == judged.kl_divergence.n
    assert seen.kl_ref == pytest.approx(judged.kl_divergence.value, rel=1e-4)
    assert seen.bits_per_byte == pytest.approx(judged.bits_per_byte_a.value, rel=1e-5)
