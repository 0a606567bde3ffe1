"""Collect what modules of a torch network put out, batch by batch, without keeping the graph."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence
from infoscope.core.progress import Progress
from infoscope.probe.activations.stored import Activations, RowStore

__all__ = ["collect_activations"]

_FUNCTION = "collect_activations"
Positions = Literal["all", "last", "mean", "flatten"] | int


def collect_activations(
    model: nn.Module, inputs: object, layers: str | Sequence[str] | None = None, *,
    positions: Positions = "all", mask: object = None, batch_size: int = 64,
    call: Callable[[nn.Module, Any], object] | None = None, folder: str | Path | None = None,
    dtype: str = "float32", progress: bool | None = None,
) -> Activations:  # fmt: skip
    """Run a network over inputs and return what its modules put out, a row for each example.

    activations[name] = outputs of the module `name` over all inputs, stacked (n, d)

    Parameters
    ----------
    model : torch.nn.Module
        Any module. It is put into evaluation mode for the run, and back afterwards.
    inputs : tensor, array, mapping, tuple, or iterable of batches
        A tensor or array of n examples, a tuple of them (several arguments) or a mapping of them
        (named arguments, as tokenizers make them) is cut into batches; anything else is taken for
        batches of these kinds, such as a DataLoader.
    layers : str or sequence of str, optional
        Names as in `model.named_modules()`, or patterns ("layers.*.mlp", "encoder.layer.?"); all
        modules without children when not given. "" is the whole model.
    positions : {"all", "last", "mean", "flatten"} or int
        What to take of outputs (batch, time, width): a row for each position, the last one, the
        mean, all of them as one row, or one position (negative ones from the end). Outputs (batch,
        channels, height, width) are taken the same way, with pixels as positions. Outputs (batch,
        width) are taken as they are.
    mask : array of shape (n, time), optional
        Which positions hold something; padding is left out. Taken from "attention_mask" of a
        mapping when not given.
    batch_size : int
        Examples read together, where inputs are cut here.
    call : callable, optional
        ``call(model, batch)`` for models that are not called with their inputs.
    folder : str or Path, optional
        Write to files there while running and return memory maps, for what memory does not hold.
    dtype : {"float32", "float16", "float64"}
        Number format of the rows kept.
    progress : bool, optional
        Show a bar on stderr; by default only when it is a terminal.

    Returns
    -------
    Activations
        A mapping, ready for `layer_report`; `.examples` and `.positions` say where a row is from.

    Raises
    ------
    UnknownName
        If a name or pattern fits no module.
    InvalidArgument
        If a module never ran, its output is no tensor, or its width changes.
    WrongType
        If model is no torch module.

    Notes
    -----
    The cost is the forward pass and one copy of each output. A module that runs more than once for
    a batch gives "name", "name (2)", ... Nothing of the model is changed or kept. For a Hugging
    Face language model on texts, `language_activations` takes care of tokens and windows.

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    >>> found = collect_activations(net, torch.zeros(5, 3), ["0", "2"])
    >>> found
    Activations(0: (5, 4), 2: (5, 2))
    """
    if not isinstance(model, nn.Module):
        raise WrongType(
            sentence(_FUNCTION, "model", "be a torch.nn.Module", type(model).__name__,
                     "language_activations takes the models of infoscope.language.")
        )  # fmt: skip
    if batch_size < 1:
        raise InvalidArgument(sentence(_FUNCTION, "batch_size", "be at least 1", batch_size))
    if not isinstance(positions, int) and positions not in ("all", "last", "mean", "flatten"):
        raise UnknownName(
            sentence(_FUNCTION, "positions", "be 'all', 'last', 'mean', 'flatten' or a number",
                     repr(positions))
        )  # fmt: skip
    chosen = _chosen(model, layers)
    store = RowStore(folder, dtype, function=_FUNCTION)
    watch = _Watch(store, positions)
    handles = [module.register_forward_hook(watch.hook(name)) for name, module in chosen.items()]
    training = {module: module.training for module in model.modules()}
    model.eval()
    total, batches = _batches(inputs, mask, batch_size)
    try:
        with torch.inference_mode(), Progress(total, "running", "examples", show=progress) as bar:
            for batch, kept, n in batches:
                watch.begin(n, kept)
                if call is not None:
                    call(model, batch)
                elif isinstance(batch, Mapping):
                    model(**batch)
                elif isinstance(batch, tuple):
                    model(*batch)
                else:
                    model(batch)
                bar.advance(n)
    except BaseException:
        store.abandon()
        raise
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in training.items():
            module.training = mode
    silent = [name for name in chosen if name not in watch.ran]
    if silent:
        store.abandon()
        raise InvalidArgument(
            sentence(_FUNCTION, "layers", "name modules that run", f"{silent[0]!r}, which did not",
                     "The model may call its weights directly; name the module around it.")
        )  # fmt: skip
    return store.finish()


def _chosen(model: nn.Module, layers: str | Sequence[str] | None) -> dict[str, nn.Module]:
    modules = dict(model.named_modules())
    if layers is None:
        return {name: m for name, m in modules.items() if not any(m.children())}
    patterns = [layers] if isinstance(layers, str) else list(layers)
    found: dict[str, nn.Module] = {}
    for pattern in patterns:
        hits = {name: m for name, m in modules.items() if fnmatchcase(name, pattern)}
        if not hits:
            near = difflib.get_close_matches(pattern, modules, n=3, cutoff=0.4)
            advice = f"Did you mean {', '.join(map(repr, near))}?" if near else (
                "model.named_modules() lists them."
            )  # fmt: skip
            raise UnknownName(
                sentence(_FUNCTION, "layers", "fit names of modules", repr(pattern), advice)
            )
        found |= hits
    return {name: m for name, m in modules.items() if name in found}  # in the model's order


def _batches(
    inputs: object, mask: object, size: int
) -> tuple[int | None, Iterator[tuple[Any, Tensor | None, int]]]:
    """Return how many examples there are (if known), and batches with masks and sizes."""
    whole = isinstance(inputs, (Tensor, np.ndarray, Mapping, tuple))
    if not whole:
        if mask is not None:
            raise InvalidArgument(
                sentence(_FUNCTION, "mask", "come with inputs that are cut here", "batches",
                         "Put an 'attention_mask' into each batch.")
            )  # fmt: skip
        if not isinstance(inputs, Iterable):
            raise WrongType(
                sentence(_FUNCTION, "inputs", "be a tensor, array, mapping, tuple or batches",
                         type(inputs).__name__)
            )  # fmt: skip
        return None, ((_tensors(b), _mask_in(b), _size(b)) for b in cast("Iterable[Any]", inputs))
    data = _tensors(inputs)
    n = _size(data)
    masks = _mask_in(data) if mask is None else torch.as_tensor(np.asarray(mask)).bool()

    def cut() -> Iterator[tuple[Any, Tensor | None, int]]:
        for first in range(0, n, size):
            rows = slice(first, min(first + size, n))
            part = _map(data, lambda x, rows=rows: x[rows])
            yield part, None if masks is None else masks[rows], rows.stop - rows.start

    return n, cut()


def _map(data: Any, function: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(data, Mapping):
        return {name: function(x) if isinstance(x, Tensor) else x for name, x in data.items()}
    if isinstance(data, tuple):
        return tuple(function(x) if isinstance(x, Tensor) else x for x in data)
    return function(data)


def _tensors(data: Any) -> Any:
    if isinstance(data, list):
        data = tuple(data)  # what a DataLoader makes of (x, y) pairs
    if isinstance(data, Mapping):
        return {name: _tensor(x) for name, x in data.items()}
    return tuple(_tensor(x) for x in data) if isinstance(data, tuple) else _tensor(data)


def _tensor(x: Any) -> Any:
    return torch.from_numpy(np.ascontiguousarray(x)) if isinstance(x, np.ndarray) else x


def _size(data: Any) -> int:
    if isinstance(data, Mapping):
        data = next((x for x in data.values() if hasattr(x, "shape")), None)
    elif isinstance(data, (tuple, list)):
        data = next((x for x in data if hasattr(x, "shape")), None)
    if data is None or not getattr(data, "shape", ()):
        raise WrongType(
            sentence(_FUNCTION, "inputs", "hold tensors whose first axis is the example", "none")
        )
    return int(data.shape[0])


def _mask_in(data: Any) -> Tensor | None:
    found = data.get("attention_mask") if isinstance(data, Mapping) else None
    return None if found is None else torch.as_tensor(found).bool()


class _Watch:
    """The hooks of one run: they bring outputs to rows and hand them to the store."""

    def __init__(self, store: RowStore, positions: Positions) -> None:
        self.store, self.positions = store, positions
        self.ran: set[str] = set()
        self._first, self._n = 0, 0
        self._mask: Tensor | None = None
        self._calls: dict[str, int] = {}

    def begin(self, n: int, mask: Tensor | None) -> None:
        self._first, self._n, self._mask = self._first + self._n, n, mask
        self._calls = {}

    def hook(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        def keep(module: nn.Module, given: Any, output: Any) -> None:
            del module, given
            self.ran.add(name)
            self._calls[name] = self._calls.get(name, 0) + 1
            calls = self._calls[name]
            called = name or "model"
            self._keep(called if calls == 1 else f"{called} ({calls})", _output(name, output))

        return keep

    def _keep(self, name: str, x: Tensor) -> None:
        if x.ndim < 2 or x.shape[0] != self._n:
            raise InvalidArgument(
                sentence(_FUNCTION, "layers", "name modules whose output has one row for each of "
                         f"the {self._n} examples", f"shape {tuple(x.shape)} from {name!r}")
            )  # fmt: skip
        if x.ndim > 3 and self.positions != "flatten":
            x = x.flatten(2).transpose(1, 2)  # (batch, pixels, channels)
        examples = torch.arange(self._first, self._first + self._n)
        places = torch.zeros(self._n, dtype=torch.int64)
        if x.ndim > 2:
            x, examples, places = self._taken(x, examples, places)
        rows = x.detach().to("cpu")
        rows = rows if rows.dtype in (torch.float32, torch.float64) else rows.float()
        self.store.add(name, rows.numpy(), examples.numpy(), places.numpy())

    def _taken(self, x: Tensor, examples: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        how, mask = self.positions, self._mask
        if mask is not None and mask.shape != x.shape[:2]:
            mask = None  # a mask of tokens says nothing of pixels or pooled positions
        time = x.shape[1]
        if how == "flatten":
            return x.flatten(1), examples, places
        if how == "all":
            at = torch.arange(time).expand(len(x), -1)
            owner = examples[:, None].expand(-1, time)
            if mask is None:
                return x.flatten(0, 1), owner.flatten(), at.flatten()
            kept = mask.to("cpu")
            return x[mask.to(x.device)], owner[kept], at[kept]
        if how == "mean":
            if mask is None:
                return x.mean(1), examples, places
            weight = mask.to(x)[:, :, None]
            return (x * weight).sum(1) / weight.sum(1), examples, places
        if mask is None:
            index = time - 1 if how == "last" else cast(int, how)
            if not -time <= index < time:
                raise InvalidArgument(
                    sentence(_FUNCTION, "positions", f"lie within {time} positions", index)
                )
            places += index % time
        else:
            real = mask.to("cpu").long()
            index = -1 if how == "last" else cast(int, how)
            order = real.cumsum(1) * real  # 1 for the first real position, 2 for the second, ...
            wanted = real.sum(1) + 1 + index if index < 0 else torch.full((len(x),), index + 1)
            hit = order == wanted[:, None]
            if not hit.any(1).all():
                raise InvalidArgument(
                    sentence(_FUNCTION, "positions", "be there in every example", index)
                )
            places = hit.int().argmax(1)
        return x[torch.arange(len(x)), places.to(x.device)], examples, places


def _output(name: str, output: Any) -> Tensor:
    """Return the tensor of a module's output: itself, the first of a tuple, the last state."""
    found: NDArray[Any] | Any = output
    if isinstance(output, Mapping) and not isinstance(output, Tensor):
        found = output.get("last_hidden_state", next(iter(output.values()), None))
    elif isinstance(output, (tuple, list)):
        found = output[0] if output else None
    if not isinstance(found, Tensor):
        raise InvalidArgument(
            sentence(_FUNCTION, "layers", "name modules that put out a tensor",
                     f"{type(found).__name__} from {name!r}")
        )  # fmt: skip
    return found
