"""The insides of any Hugging Face causal language model, read off by hooks on its own modules.

The final norm is found, not assumed: it is the module whose output the trunk returns as its last
hidden state, checked once on a few tokens. Its input is the last layer's residual stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from infoscope.core.errors import ModelError, sentence
from infoscope.language.contract import HiddenStates
from infoscope.probe.language_models.insides import AttentionSink, StateSink

__all__ = ["TorchInsides"]

_N_TRIED = 8  # tokens on which the parts are tied together


class TorchInsides:
    """A transformers model behind the `Insides` contract; `model` is what `load` returned."""

    def __init__(self, model: Any, function: str) -> None:
        self._function, self._name, self._device = function, model.name, model.device
        self._whole, self._trunk, self._head = model.network, model.trunk, model.head
        if self._trunk is None:
            raise ModelError(
                sentence(
                    function, "model", "predict by one product of last hidden state and head",
                    f"{self._name!r}, which scales or caps its logits",
                    "Its layers cannot be read as predictions.",
                )
            )  # fmt: skip
        self._blocks = self._find_blocks()
        self._norm = self._find_norm()
        config = self._whole.config.get_text_config()
        self.n_layers, self.n_heads = len(self._blocks), int(config.num_attention_heads)
        self.width = int(self._head.shape[1])

    @torch.inference_mode()
    def read(
        self, window: NDArray[np.int64], *, states: StateSink | None = None,
        attention: AttentionSink | None = None,
    ) -> HiddenStates:  # fmt: skip
        """Run one window and return its last hidden states; hooks hand the layers to the sinks."""
        ids = torch.from_numpy(np.asarray(window, np.int64))[None].to(self._device)
        hooks: list[Any] = []
        kept = getattr(self._whole.config, "_attn_implementation", None)
        try:
            if states is not None:
                hooks += [
                    block.register_forward_pre_hook(_entering(layer, states), with_kwargs=True)
                    for layer, block in enumerate(self._blocks)
                ]
                hooks.append(
                    self._norm.register_forward_pre_hook(
                        _entering(self.n_layers, states), with_kwargs=True
                    )
                )
            if attention is not None:
                self._whole.set_attn_implementation("eager")  # others never form the weights
                hooks += self._watch_attention(attention)
            last = self._trunk(input_ids=ids, use_cache=False).last_hidden_state[0]
        finally:
            for hook in hooks:
                hook.remove()
            if attention is not None and kept is not None:
                self._whole.set_attn_implementation(kept)
        return HiddenStates(last, self._head)

    def read_many(self, windows: Sequence[NDArray[np.int64]], states: StateSink) -> None:
        """Run windows one after the other; rows are numbered end to end."""
        before = 0
        for window in windows:

            def shifted(layer: int, first: int, rows: Tensor, before: int = before) -> None:
                states(layer, before + first, rows)

            self.read(window, states=shifted)
            before += len(window)

    @torch.inference_mode()
    def normalise(self, states: Tensor) -> Tensor:
        """Return the final norm of `states`."""
        return self._norm(states)

    def _watch_attention(self, sink: AttentionSink) -> list[Any]:
        hooks: list[Any] = []
        for layer, block in enumerate(self._blocks, 1):
            inner = [m for m in block.modules() if type(m).__name__.endswith("Attention")]
            if not inner:
                raise ModelError(
                    sentence(
                        self._function, "model", "have attention in every block",
                        f"block {layer} of {self._name!r} with none that can be found",
                    )
                )  # fmt: skip
            hooks.append(inner[0].register_forward_hook(_attending(layer, sink)))
        return hooks

    def _find_blocks(self) -> list[nn.Module]:
        """Return the trunk's longest list of modules of one class: its blocks."""
        lists = [m for m in self._trunk.modules() if isinstance(m, nn.ModuleList) and len(m)]
        if not lists:
            raise self._unknown("no list of blocks")
        longest: Any = max(lists, key=len)
        return list(longest)

    def _find_norm(self) -> nn.Module:
        """Return the module after the blocks whose output is the last hidden state."""
        seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

        def keep(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            if isinstance(output, Tensor) and inputs and isinstance(inputs[0], Tensor):
                seen[module] = (inputs[0], output)

        inside = {part for block in self._blocks for part in block.modules()}
        outer = [m for m in self._trunk.modules() if m not in inside and not list(m.children())]
        hooks = [module.register_forward_hook(keep) for module in outer]
        ids = torch.arange(_N_TRIED, device=self._device)[None] % len(self._head)
        with torch.inference_mode():
            try:
                last = self._trunk(input_ids=ids, use_cache=False).last_hidden_state
            finally:
                for hook in hooks:
                    hook.remove()
        found = [
            module for module, (given, made) in seen.items()
            if made.shape == last.shape == given.shape and torch.equal(made, last)
        ]  # fmt: skip
        if not found:
            raise self._unknown("no norm whose output is its last hidden state")
        return found[-1]

    def _unknown(self, what: str) -> ModelError:
        return ModelError(
            sentence(self._function, "model", "be built of blocks and a final norm",
                     f"{self._name!r} with {what}")
        )  # fmt: skip


def _entering(layer: int, sink: StateSink) -> Any:
    def look(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        rows = args[0] if args else kwargs["hidden_states"]
        sink(layer, 0, rows[0])

    return look


def _attending(layer: int, sink: AttentionSink) -> Any:
    def look(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        del args
        weights = output[1] if isinstance(output, tuple) and len(output) > 1 else None
        if weights is None or weights.ndim != 4:
            raise ModelError(
                sentence("attention_entropy", "model", "return its attention weights",
                         f"none from {type(module).__name__} of block {layer}")
            )  # fmt: skip
        sink(layer, 0, 0, weights[0])

    return look
