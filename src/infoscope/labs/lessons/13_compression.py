# %% [markdown] covers="S13" explorer="compression"
# # Compression: who predicts well writes little
#
# A compressor is a predictor that pays for its surprise. This lab takes one chapter of *Alice's
# Adventures in Wonderland* from eight bits a character to about one, and each step is a better
# guess at the next character.
#
# The chapter has 11,703 characters, one byte each. Predict three sizes before you run: with the
# best code for single characters, with gzip, and with SmolLM2, a language model of 135 million
# numbers.

# %%
import numpy as np

from infoscope import entropy
from infoscope.codes import huffman
from infoscope.data import path_of

chapter = path_of("alice_chapter_1.txt").read_bytes()
letters, symbols, counts = np.unique(
    np.frombuffer(chapter, np.uint8), return_inverse=True, return_counts=True
)
n, k = len(chapter), len(letters)
print(f"{n:,} characters, {k} different ones")
print(f"an even choice among them has {np.log2(k):.2f} bits")

# %% [markdown]
# ## Step one: how often does each character occur?
#
# Huffman's code gives frequent characters short words. It comes within 1 percent of the entropy of
# the frequencies, and no other code with a fixed word for each character can do better.

# %%
shares = counts / n
code = huffman(shares)
bits_static = code.expected_length
floor = entropy(shares, unit="bits")
print(f"entropy {floor:.3f}   Huffman {bits_static:.3f} bits a character")
assert floor <= bits_static < 1.01 * floor

# %% [markdown]
# That is not the whole price: the reader needs the code as well. The characters and the lengths of
# their words take another byte or two each.
#
# ## Step two: learn while writing
#
# An **adaptive** code needs no table. Both ends start with equal chances, count what has come, and
# bet accordingly. An arithmetic coder turns the bets into bytes; here they are real bytes, and they
# are read back.

# %%
from infoscope.codes import AdaptiveModel, arithmetic

blob = arithmetic.encode(symbols, AdaptiveModel(k))
assert np.array_equal(arithmetic.decode(blob, AdaptiveModel(k), n), symbols)
print(f"{len(blob):,} bytes, {8 * len(blob) / n:.3f} bits a character, nothing else to send")

# %% [markdown]
# ## Step three: look back
#
# After *q* comes *u*. Keep a table of counts for each context, the last few characters. (Counts
# begin at $1/k$ for each of the $k$ characters, the `prior`.) Predict: does it get better and
# better the further the model looks back?

# %%
from infoscope.figures import line_chart

orders = [0, 1, 2, 3, 4]
by_order = [
    8 * len(arithmetic.encode(symbols, AdaptiveModel(k, order=order, prior=1 / k))) / n
    for order in orders
]
line_chart(
    orders,
    {"adaptive code": by_order},
    title="Longer contexts tell more, and are seen too seldom to be learned",
    x_label="characters of context",
    y_label="bits a character",
)

# %%
assert by_order.index(min(by_order)) == 2
assert by_order[4] > by_order[1]
contexts = [chapter[i - 4 : i] for i in range(4, n)]
assert 0.4 < len(set(contexts)) / len(contexts) < 0.45

# %% [markdown]
# Two characters are best here. With four, the context has never come before at four places in ten,
# and a table that has seen nothing knows nothing. The information is there; what is missing is
# experience.

# %% [markdown] exercise="committee"
# ## Step four: listen to several
#
# Any predictor is a compressor. The coder asks for three methods: `start`, `predict` and `update`.
# The committee below holds tables of orders 0 to 5 (characters of context). Each has a `trust`, the
# logarithm of what it bet on the last characters; old bets count half as much with each character.
#
# Write `mixed(trust, rows)`: the average of the members' predictions, `rows` of shape
# (members, symbols), weighted by $e^{\text{trust}}$ so that the weights sum to 1.


# %% answer="committee"
def mixed(trust: np.ndarray, rows: np.ndarray) -> np.ndarray:
    "Return the members' predictions, weighted by how well they bet lately."
    weights = np.exp(trust - trust.max())
    return weights @ rows / weights.sum()


# %% check="committee"
two = np.array([[0.5, 0.5], [0.9, 0.1]])
assert np.allclose(mixed(np.log([1.0, 3.0]), two), [0.8, 0.2])
assert np.allclose(mixed(np.array([-5000.0, -5000.0]), two), [0.7, 0.3]), "subtract the largest"


# %%
class Committee:
    "Tables of several orders, trusted by how well they bet lately."

    n_symbols = k

    def start(self) -> None:
        "Forget everything."
        self.members = [AdaptiveModel(k, order=order, prior=1 / k) for order in range(6)]
        self.trust = np.zeros(6)

    def predict(self) -> np.ndarray:
        "Return the distribution of the next character."
        self.rows = np.array([member.predict() for member in self.members])
        return mixed(self.trust, self.rows)

    def update(self, symbol: int) -> None:
        "Take note of the character that came."
        self.trust = 0.5 * self.trust + np.log(self.rows[:, symbol])
        for member in self.members:
            member.update(symbol)


own = arithmetic.encode(symbols, Committee())
print(f"{len(own)} bytes, {8 * len(own) / n:.3f} bits a character")
assert np.array_equal(arithmetic.decode(own, Committee(), n), symbols)

# %% [markdown]
# ## Beside the programs
#
# Those fifteen lines beat gzip and xz and draw level with bzip2. The byte model of this library
# mixes many more opinions in the same manner:

# %%
import bz2
import gzip
import lzma

from infoscope.language import compress, decompress

portable = compress(chapter, None)
assert decompress(portable) == chapter
sizes = {
    "letters alone": len(blob),
    "gzip": len(gzip.compress(chapter, 9)),
    "xz": len(lzma.compress(chapter)),
    "bzip2": len(bz2.compress(chapter)),
    "our committee": len(own),
    "byte model": len(portable),
}
for name, size in sizes.items():
    print(f"{name:14} {size:6} bytes   {8 * size / n:.3f} bits a character")
assert len(own) < sizes["gzip"]
assert len(portable) < len(own)

# %% [markdown]
# ## Step five: a language model
#
# A transformer has read billions of words before it sees this chapter. Its bets go through the same
# kind of coder. Because reading and writing take minutes, quick mode shows what a full run wrote
# down. The sizes are of real files, and the second text was decompressed again, byte for byte.
#
# The second text, *The ferry to Oddvik*, was written for these labs in November 2026. The model was
# trained before, so it cannot have seen it. It has very likely seen *Alice*.

# %%
import time
from importlib.resources import files

from infoscope.labs import recorded
from infoscope.language import load, score

ferry = (files("infoscope.labs") / "material" / "ferry.txt").read_bytes()


def with_smollm2() -> dict:
    "Compress both texts with the language model; a few minutes."
    began = time.process_time()
    model = load("smollm2")
    alice = compress(chapter, model, verify=False)
    seconds = time.process_time() - began
    unseen = compress(ferry, model, verify=False)
    assert decompress(unseen) == ferry
    ideal = score(ferry, model, context="full").total
    return {
        "alice": len(alice),
        "ferry": len(unseen),
        "ferry_ideal_bits": ideal.value / np.log(2),
        "seconds": seconds,
    }


# Sizes do not depend on the machine; seconds do.
within = {"alice": 8, "ferry": 8, "ferry_ideal_bits": 2}
neural = recorded("13_compression", with_smollm2, within=within)
print(f"Alice: {neural['alice']} bytes in {neural['seconds']:.0f} seconds of one processor")
print(f"ferry: {neural['ferry']} of {len(ferry)} bytes")

# %%
from infoscope.figures import bar_chart

sizes["smollm2"] = neural["alice"]
bar_chart(
    list(sizes),
    [8 * size / n for size in sizes.values()],
    title="One chapter of Alice, from counting letters to having read before",
    x_label="bits a character",
    label_name="compressor",
)

# %%
assert sizes["smollm2"] < 0.5 * sizes["byte model"]
found = {
    "gzip": len(gzip.compress(ferry, 9)),
    "xz": len(lzma.compress(ferry)),
    "byte model": len(compress(ferry, None)),
    "smollm2": neural["ferry"],
}
for name, size in found.items():
    print(f"{name:11} {size:5} bytes   {8 * size / len(ferry):.2f} bits a byte of the ferry")
bare = neural["ferry_ideal_bits"] / len(ferry)
print(f"smollm2, without the file's header: {bare:.2f} bits a byte")
assert found["smollm2"] < 0.6 * found["byte model"]

# %% [markdown]
# On the text that it cannot have seen, the model is still far ahead. So it is not merely reciting:
# most of the gain is knowing English.

# %% [markdown] exercise="cost"
# ## What it costs
#
# The model itself is a file of 93 million bytes, which the reader needs as well. The byte model
# needs none. Going by the sizes of the chapter, how many million bytes of such text must be
# compressed before the model and its files together are smaller than the files of the byte model
# (`break_even`, in millions)? How many characters a second did the model compress (`speed`)?

# %% answer="cost"
saved = (sizes["byte model"] - sizes["smollm2"]) / n  # bytes saved for each byte of text
break_even = 93 / saved
speed = n / neural["seconds"]

# %% check="cost"
assert abs(break_even * (sizes["byte model"] - sizes["smollm2"]) / n - 93) < 1e-6
assert 300 < break_even < 800
assert abs(speed * neural["seconds"] - n) < 1e-6

# %%
print(f"break-even after {break_even:.0f} million bytes, about {break_even / 0.6:.0f} novels")
again = time.process_time()
for _ in range(100):
    gzip.compress(chapter, 9)
fast = 100 * n / (time.process_time() - again)
print(f"{speed:.0f} characters a second; gzip does some {fast / 1e6:.0f} million")

# %% [markdown]
# A benchmark that leaves out the size of the model can be won by a model that holds the text. This
# is why compression contests count the decompressor (Hutter, 2006). Leaving it out is right when
# both ends have the model anyhow, and then it must be said.

# %% [markdown]
# ## No compressor shortens everything
#
# There are $256^m$ files of $m$ bytes, and about $256^{m-j}$ that are shorter by $j$ bytes or more.
# Two files must not become the same, so at most about one in $256^j$ can become shorter by $j$
# bytes, whatever the method. Noise grows, by a header:

# %%
noise = np.random.default_rng(0).integers(0, 256, 4000, dtype=np.uint8).tobytes()
files_of_noise = {
    "gzip": gzip.compress(noise),
    "xz": lzma.compress(noise),
    "byte model": compress(noise, None),
}
for name, file in files_of_noise.items():
    print(f"{name:11}{len(file) - 4000:3} bytes more than the noise")
    assert 0 < len(file) - 4000 <= 100

# %% quiz="noise"
{
    "ask": "What share of all files of 1,000 bytes can any method shorten by 2 bytes or more?",
    "options": [
        "at most half",
        "at most about one in 65,000",
        "it depends on how good the method is",
    ],
    "answer": 1,
    "why": "There are $256^2 = 65{,}536$ times as many files of 1,000 bytes as of 998. "
    "Compression works because what people write is among these few.",
}

# %% quiz="predictor"
{
    "ask": "A model's mean surprisal on a file is 1.3 bits a character. Coded by an arithmetic "
    "coder under that model, the file takes",
    "options": [
        "1.3 bits a character and a few bytes",
        "up to 2.3 bits a character",
        "less than 1.3 bits a character",
    ],
    "answer": 0,
    "why": "The coder spends $-\\log_2 p$ bits on each symbol, up to rounding. Only codes with "
    "whole bits a symbol, as Huffman's, can lose up to a bit.",
}
