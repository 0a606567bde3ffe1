"""`compress` and `decompress`: any bytes, checked, with or without a language model."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infoscope.codes.byte_models.mixing import ByteMixer
from infoscope.core.errors import DataError, InvalidArgument, ModelError, WrongType, sentence
from infoscope.core.extras import require
from infoscope.core.progress import Progress
from infoscope.language.compression.byte_parts import decode_bytes, encode_bytes
from infoscope.language.compression.container import (
    JOINED,
    MOST_STREAMS,
    NEURAL,
    RETURNS,
    CompressedFile,
    Header,
    Part,
    described,
    pack,
    unpack,
)
from infoscope.language.compression.text_form import (
    drop_returns,
    join_lines,
    restore_returns,
    split_lines,
)

if TYPE_CHECKING:
    from infoscope.language.compression.neural_parts import NeuralParts
    from infoscope.language.contract import LanguageModel

__all__ = ["compress", "decompress", "inspect_compressed"]

SEGMENT = 1 << 14  # bytes judged together: worth the transformer or not
FEW_TOKENS_PER_BYTE = 0.75  # more, and the vocabulary does not know such text
WORTH = 1.15  # the mixture is better than the transformer alone by about that much


def compress(
    data: bytes,
    model: str | LanguageModel | None = "smollm2",
    *,
    streams: int | None = None,
    context: int = 3072,
    verify: bool = True,
    progress: bool | None = None,
) -> bytes:
    """Return `data` in fewer bytes, such that `decompress` gives it back exactly.

    size = -Σ ln P(token | all before it), rounded up, and a header of about 100 bytes

    Parameters
    ----------
    data : bytes
        Anything. Parts that the model does not understand (images, archives, other binary data)
        are coded by the byte model, or stored.
    model : str, LanguageModel or None
        A name or path for `load`, or a model of the llama architecture. None or "mix" uses the byte
        model alone: a thousand times faster, twice as large for English, and needs nothing to open.
    streams : int, optional
        How many places of the text are decoded together, 1 to 64. More is faster (16 take a fifth
        of the time of 1) and larger by some tenths of a percent. Default: 1 below 16 kB, else 4.
    context : int
        Tokens that each stream remembers, up to the model's limit.
    verify : bool
        Decode the result and compare. It takes longer than compressing does.
    progress : bool, optional
        Show a bar on stderr with bits per byte so far and the time left; by default only when
        stderr is a terminal.

    Returns
    -------
    bytes
        Never more than `data` and 100 bytes.

    Raises
    ------
    WrongType
        If `data` is not bytes.
    InvalidArgument
        If `streams` or `context` are out of range.
    ModelError
        If the model is not of the llama architecture, or verification fails.

    Notes
    -----
    The size leaves out the model (93 MB for "smollm2" as downloaded): it pays for many files, or
    for few bytes through a narrow channel. Well-known texts may have been in its training data.
    The arithmetic is fixed: a blob opens with any number of threads and any version of torch, and
    a machine that computes otherwise is told before it decodes. About 20 to 40 ms per token (4
    bytes) to compress, 30 to 75 to decompress. When speed counts more than size, use zstd.

    Source
    ------
    Shannon, A mathematical theory of communication (1948), section 9; Rissanen and Langdon,
    Arithmetic coding (1979); Mahoney (2005) for mixing; Krause et al., Dynamic evaluation (2018);
    Hu et al., LoRA (2021): steps of low rank.

    Examples
    --------
    >>> text = b"to be or not to be, that is the question: to be or not to be. " * 4
    >>> blob = compress(text, None)
    >>> len(blob) < 130, decompress(blob) == text
    (True, True)
    """
    data = _as_bytes(data, "compress", "data")
    n_streams = _check_shape(streams, context, len(data))
    neural = _neural(model, "compress")
    if neural is not None:
        context = min(context, neural.context_limit)
    flags, text, line_ends = _simplify(data)
    with Progress(len(data), "compressing", "bytes", show=progress) as bar:
        parts = _encode(text, neural, n_streams, context, _teller(bar))
    used = neural if any(part.kind == NEURAL for part in parts) else None
    header = Header(len(data), _digest(data), flags, line_ends, _producer())
    if used is not None:
        header = replace(
            header, model=used.name, fingerprint=used.fingerprint, probe=used.probe,
            n_streams=n_streams, context=context,
        )  # fmt: skip
    blob = pack(header, parts)
    if verify and decompress(blob, model if used else None, progress=progress) != data:
        raise ModelError(
            "compress: the result must decode to the data; it does not on this machine. Nothing "
            "was lost: keep the original, and please report this."
        )
    return blob


def decompress(
    blob: bytes, model: str | LanguageModel | None = None, *, progress: bool | None = None
) -> bytes:
    """Return the bytes that `compress` was given, or refuse; never anything else.

    data = the only bytes whose digest the header holds

    Parameters
    ----------
    blob : bytes
        What `compress` returned.
    model : str, LanguageModel or None
        The model that it was made with; None loads the one that the header names.
    progress : bool, optional
        Show a bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    bytes
        The original, every block and the whole checked.

    Raises
    ------
    DataError
        If the blob is damaged, cut, or not one of ours; the sentence names the block.
    ModelError
        If the model is another than the blob was made with, or this machine computes otherwise.
    WrongType
        If `blob` is not bytes.

    Notes
    -----
    All checksums of the blob are read before any block is decoded.

    Source
    ------
    docs/design/0050-compressed-format.md

    Examples
    --------
    >>> decompress(compress(b"bits on paper", None))
    b'bits on paper'
    """
    header, parts = unpack(_as_bytes(blob, "decompress", "blob"), "decompress")
    neural = None
    if header.model:
        neural = _neural(model if model is not None else header.model, "decompress")
        _check_model(header, neural)
    with Progress(header.n_bytes, "decompressing", "bytes", show=progress) as bar:
        text, tell, first = bytearray(), _teller(bar), 0
        for part in parts:
            refuse = _refusal(first)
            if part.kind == NEURAL and neural is not None:
                text += neural.decode(part, header.n_streams, header.context, tell, refuse)
            else:
                text += decode_bytes(part, tell, refuse)
            first += len(part.blocks)
    data = bytes(text)
    if header.flags & JOINED:
        data = split_lines(data, header.line_ends)
    if header.flags & RETURNS:
        data = restore_returns(data)
    if len(data) != header.n_bytes or _digest(data) != header.digest:
        raise DataError(
            sentence("decompress", "blob", "decode to the original", "other bytes",
                     "Nothing was written. Fetch the file again.")
        )  # fmt: skip
    return data


def inspect_compressed(blob: bytes) -> CompressedFile:
    """Return what a blob says of itself, after checking every checksum but decoding nothing.

    Parameters
    ----------
    blob : bytes
        What `compress` returned.

    Returns
    -------
    CompressedFile
        Sizes, model, parts, versions.

    Raises
    ------
    DataError
        If the blob is damaged, cut, or not one of ours.

    Notes
    -----
    Takes a few milliseconds per megabyte and needs no model.

    Source
    ------
    docs/design/0050-compressed-format.md

    Examples
    --------
    >>> inspect_compressed(compress(b"bits on paper, " * 20, None)).parts
    (('bytes', 300, 1),)
    """
    return described(*unpack(_as_bytes(blob, "inspect_compressed", "blob"), "inspect_compressed"),
                     len(blob))  # fmt: skip


def _encode(
    text: bytes, neural: NeuralParts | None, n_streams: int, context: int,
    tell: Callable[[int, float], None],
) -> list[Part]:  # fmt: skip
    parts: list[Part] = []
    for is_neural, a, b in _plan(text, neural):
        piece = text[a:b]
        if is_neural and neural is not None:
            entries = neural.entries(piece)
            parts.append(neural.encode(piece, entries, n_streams, context, tell))
        else:
            parts.append(encode_bytes(piece, tell))
    return parts


def _plan(text: bytes, neural: NeuralParts | None) -> list[tuple[bool, int, int]]:
    """Return runs (worth the transformer?, first byte, end) that cover the text."""
    if neural is None or not text:
        return [(False, 0, len(text))] if text else []
    nats = ByteMixer(len(text)).surprisals(text)
    runs: list[tuple[bool, int, int]] = []
    for a in range(0, len(text), SEGMENT):
        b = min(a + SEGMENT, len(text))
        piece = text[a:b]
        worth = len(neural.entries(piece)) <= FEW_TOKENS_PER_BYTE * len(piece)
        worth = worth and neural.sampled_nats_per_byte(piece) < WORTH * nats[a:b].mean()
        if runs and runs[-1][0] == worth:
            runs[-1] = (worth, runs[-1][1], b)
        else:
            runs.append((worth, a, b))
    return runs


def _simplify(data: bytes) -> tuple[int, bytes, bytes]:
    """Return flags, the text in its simplest form, and the code of its line ends."""
    flags, text, line_ends = 0, data, b""
    if (plain := drop_returns(data)) is not None:
        flags, text = RETURNS, plain
    if (joined := join_lines(text)) is not None:
        flags, text, line_ends = flags | JOINED, *joined
    return flags, text, line_ends


def _neural(model: str | LanguageModel | None, function: str) -> NeuralParts | None:
    if model is None or model == "mix":
        return None
    require("torch", extra="language", purpose="compressing with a language model")
    from infoscope.language.compression.neural_parts import NeuralParts
    from infoscope.language.loading import load

    return NeuralParts.of(load(model) if isinstance(model, str) else model, function)


def _check_model(header: Header, neural: NeuralParts | None) -> None:
    if neural is None or neural.fingerprint != header.fingerprint:
        got = "no model" if neural is None else f"{neural.name!r} with other weights"
        mark = header.fingerprint.hex()[:12]
        raise ModelError(
            sentence("decompress", "model", f"be {header.model!r} with fingerprint {mark}…", got,
                     "Nothing was decoded. Load the model that the file was made with.")
        )  # fmt: skip
    if neural.probe != header.probe:
        raise ModelError(
            "decompress: this machine must compute what the one that wrote the file computed; a "
            f"trial differs. Nothing was decoded. It was written by {header.producer}."
        )
    if header.context > neural.context_limit:
        raise DataError(
            sentence("decompress", "blob", f"have a context of at most {neural.context_limit}",
                     header.context, "Nothing was decoded. Fetch the file again.")
        )  # fmt: skip


def _check_shape(streams: int | None, context: int, n_bytes: int) -> int:
    n_streams = (1 if n_bytes < 1 << 14 else 4) if streams is None else streams
    if isinstance(n_streams, bool) or not isinstance(n_streams, int):
        raise WrongType(sentence("compress", "streams", "be a whole number", repr(streams)))
    if not 1 <= n_streams <= MOST_STREAMS:
        raise InvalidArgument(
            sentence("compress", "streams", f"lie in 1 … {MOST_STREAMS}", n_streams)
        )
    if isinstance(context, bool) or not isinstance(context, int):
        raise WrongType(sentence("compress", "context", "be a whole number", repr(context)))
    if context < 64:
        raise InvalidArgument(sentence("compress", "context", "be at least 64", context))
    return n_streams


def _as_bytes(data: Any, function: str, argument: str) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        advice = "Encode it first: text.encode()." if isinstance(data, str) else ""
        raise WrongType(sentence(function, argument, "be bytes", type(data).__name__, advice))
    return bytes(data)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _producer() -> str:
    names = ("infoscope", "numba")
    return " ".join(f"{name} {importlib.metadata.version(name)}" for name in names)


def _teller(bar: Progress) -> Callable[[int, float], None]:
    """Return a function that counts bytes and bits and shows bits per byte so far."""
    done = [0, 0.0]

    def tell(n_bytes: int, bits: float) -> None:
        done[0] += n_bytes
        done[1] += bits
        if done[0]:
            bar.remark(f"{done[1] / done[0]:.3f} bits/byte")
        bar.advance(n_bytes)

    return tell


def _refusal(first: int) -> Callable[[int], Exception]:
    """Return a maker of the error for block i of the part that begins with block `first`."""

    def refuse(i: int) -> Exception:
        return DataError(
            sentence("decompress", "blob", "decode to what was compressed",
                     f"other content in block {first + i}",
                     "Nothing was written. The file is damaged or this machine computes otherwise.")
        )  # fmt: skip

    return refuse
