"""Outputs of the layers of a torch model for given inputs, without leaving a trace in the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence
from infoscope.probe.representations.matrices import Floats

__all__ = ["default_layers", "layer_outputs"]

#: What people call activation functions: the default layers of a plane.
_NONLINEAR = tuple(
    getattr(nn, name)
    for name in (
        "CELU", "ELU", "GELU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "Mish", "PReLU",
        "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh", "Tanhshrink",
    )
)  # fmt: skip


def default_layers(model: nn.Module, function: str) -> tuple[str, ...]:
    """Return the names of the activation functions and of the last module, in order.

    Where a model calls its activation functions by hand, they are no modules: all leaves are taken.

    >>> default_layers(nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), "f")
    ('1', '2')
    """
    leaves = [(n, m) for n, m in model.named_modules() if n and not any(m.children())]
    if not leaves:
        raise InvalidArgument(
            sentence(function, "model", "have named modules inside", type(model).__name__,
                     "Wrap it in torch.nn.Sequential.")
        )  # fmt: skip
    names = [name for name, module in leaves if isinstance(module, _NONLINEAR)]
    if not names:
        return tuple(name for name, _ in leaves)
    return tuple(dict.fromkeys([*names, leaves[-1][0]]))


def layer_outputs(
    model: nn.Module, x: Tensor, layers: Sequence[str], *, batch_size: int, function: str
) -> Iterator[tuple[str, Floats]]:
    """Yield name and activations (n, units) of each layer, from one pass over `x` in eval mode.

    A module that runs several times in a pass gives its last output. Buffers, training flags and
    the random state of torch stay as they were.
    """
    modules = dict(model.named_modules())
    for name in layers:
        if name not in modules:
            known = ", ".join(repr(n) for n in modules if n)
            raise UnknownName(
                sentence(function, "layers", "name modules of the model", repr(name), known)
            )
    seen: dict[str, list[Tensor]] = {name: [] for name in layers}
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    last: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, (tuple, list)):
                output = output[0]
            if not isinstance(output, Tensor):
                raise WrongType(
                    sentence(function, "layers", "give tensors",
                             f"{type(output).__name__} from {name!r}", "Name a layer inside it.")
                )  # fmt: skip
            last[name] = output.detach()

        return hook

    with _undisturbed(model):
        handles = [modules[name].register_forward_hook(keep(name)) for name in layers]
        try:
            for start in range(0, len(x), batch_size):
                last.clear()
                batch = x[start : start + batch_size].to(device)
                model(batch)
                for name in layers:
                    seen[name].append(_rows(last, name, len(batch), function))
        finally:
            for handle in handles:
                handle.remove()
    for name in layers:
        values = torch.cat(seen.pop(name)).to(torch.float64).numpy()
        yield name, _finite(values, name, function)


def _rows(last: dict[str, Tensor], name: str, n: int, function: str) -> Tensor:
    if name not in last:
        raise InvalidArgument(
            sentence(function, "layers", "run in the forward pass", f"{name!r}, which did not")
        )
    output = last[name]
    if output.ndim == 0 or len(output) != n:
        raise InvalidArgument(
            sentence(function, "layers", "give one row an input",
                     f"shape {tuple(output.shape)} from {name!r} for {n} inputs")
        )  # fmt: skip
    if not output.is_floating_point():
        output = output.double()
    return output.reshape(n, -1).cpu().clone()


def _finite(values: np.ndarray, name: str, function: str) -> Floats:
    finite = np.isfinite(values)
    if not finite.all():
        row, column = (int(i) for i in np.argwhere(~finite)[0])
        raise InvalidArgument(
            sentence(function, "model", "give finite activations",
                     f"{values[row, column]} in layer {name!r} at ({row}, {column})",
                     "Training has diverged, or an input is out of range.")
        )  # fmt: skip
    return np.ascontiguousarray(values)


@contextmanager
def _undisturbed(model: nn.Module) -> Iterator[None]:
    """Evaluate without gradients, then restore each training flag and the random state."""
    flags = [(module, module.training) for module in model.modules()]
    state = torch.get_rng_state()
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, flag in flags:
            module.training = flag
        torch.set_rng_state(state)
