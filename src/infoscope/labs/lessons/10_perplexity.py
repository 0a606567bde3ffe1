# %% [markdown] covers="S9 T0.6 T0.Ex4 X25"
# # Perplexity: how many choices the model felt it had
#
# A language model gives a chance to each next *token*, a piece of text such as a word, a part of
# one or a single character. Models are compared by **perplexity**, the exponential of the mean
# surprisal of the tokens that really came. It answers: as unsure as if choosing evenly among how
# many? Three mistakes make such numbers meaningless; this lab makes each of them once.
#
# A model that knows nothing about a vocabulary of $V$ tokens has perplexity exactly $V$. Predict:
# by which factor does perplexity grow when the mean surprisal, the *loss*, grows by 1 nat?

# %%
from math import exp, isclose, log

import numpy as np

from infoscope import entropy, perplexity, perplexity_from_loss, surprisal

V = 50257
loss = log(V)
print(f"loss {loss:.6f} nats   perplexity {perplexity_from_loss(loss):,.1f}")
more = perplexity_from_loss(loss + 1)
print(f"one nat more           perplexity {more:,.1f}, e times as much")
assert isclose(loss, 10.82490511970208, rel_tol=1e-14)
assert isclose(perplexity_from_loss(loss), V, rel_tol=1e-12)
assert isclose(perplexity([1 / 6] * 6), 6.0, rel_tol=1e-12)

# %% [markdown] covers="T0.6"
# ## First mistake: the wrong base
#
# $e^{\text{loss}}$ wants the loss in nats, $2^{\text{loss}}$ in bits. Nothing warns when they are
# mixed. For an even choice among four:

# %%
fair = [0.25] * 4
nats, bits = entropy(fair), entropy(fair, unit="bits")
print(f"right: e^{nats:.4f} = {exp(nats):.4f} and 2^{bits:.4f} = {2**bits:.4f}")
print(f"wrong: e^{bits:.4f} = {exp(bits):.4f}")
assert isclose(exp(entropy(fair)), 4.0, rel_tol=1e-12)

# %% covers="T4.9"
for nats, value in [
    (1.5, 4.481689070338065),
    (3.0, 20.08553692318767),
    (10.8, 49020.80113638172),
]:
    assert isclose(perplexity_from_loss(nats), value, rel_tol=1e-12)

# %% [markdown] exercise="rare" covers="X6 T3.Ex6"
# ## Second mistake: averaging the wrong thing
#
# A model gives 95 of the 100 tokens of a text the probability 0.5 and five rare ones 0.001. Compute
# `rare`, the surprisal of a rare token in nats, `mean`, the mean surprisal, `ppl`, the perplexity,
# and `wrong`, one over the mean probability.

# %% answer="rare"
rare = surprisal(0.001)
mean = 0.95 * surprisal(0.5) + 0.05 * rare
ppl = perplexity_from_loss(mean)
wrong = 1 / (0.95 * 0.5 + 0.05 * 0.001)

# %% check="rare"
assert isclose(rare, 6.907755278982137, rel_tol=1e-12)
assert isclose(mean, 1.003877585481055, rel_tol=1e-12)
assert isclose(ppl, 2.728842660642837, rel_tol=1e-12)
assert isclose(wrong, 2.105041574571098, rel_tol=1e-12)

# %% [markdown]
# The right number is 2.73, the wrong one 2.11. Averaging the probabilities hides the rare tokens,
# which are what the model is worst at. Surprisals come first, then their mean, then the
# exponential.

# %% [markdown] exercise="loss" covers="X23 T1.Do7 C16"
# ## What a loss of 3.2 nats means
#
# A model has a loss of 3.2 nats per token. Give its perplexity `p32`, its bits per token `b32`, and
# `typical` $= e^{-3.2}$.

# %% answer="loss"
p32 = perplexity_from_loss(3.2)
b32 = 3.2 / log(2)
typical = exp(-3.2)

# %% check="loss"
assert isclose(p32, 24.53253019710935, rel_tol=1e-12)
assert isclose(b32, 4.616624130844683, rel_tol=1e-12)
assert isclose(typical, 0.04076220397836622, rel_tol=1e-12)

# %% [markdown]
# The last, 0.041, is often called the average probability of the right token. It is the
# **geometric** mean; the arithmetic mean is never smaller, and usually much larger, because many
# tokens are nearly certain. An invented spread of probabilities shows it:

# %%
draws = np.random.default_rng(0).beta(0.4, 1.2, size=10_000)
print(f"geometric {np.exp(np.log(draws).mean()):.4f}   arithmetic {draws.mean():.4f}")
assert np.exp(np.log(draws).mean()) < draws.mean()

# %% [markdown] covers="C15"
# ## Third mistake: forgetting what "per" stands for
#
# A token of English is about four characters, but how many depends on the **tokenizer**, the rule
# that cuts the text. At four, 3.2 nats a *token* are 0.8 nats, or 1.15 bits, a *character*.
#
# A tutorial compares such a loss with "about 1 nat per character" as the floor of English.
# Shannon's floor is 0.6 to 1.3 **bits** a character (1951, lab 14). At four characters a token, the
# room left above one bit a character is $3.2 - 4 \ln 2 = 0.43$ nats a token.

# %%
per_character = 3.2 / 4
print(f"{per_character} nats = {per_character / log(2):.6f} bits a character")
assert isclose(per_character / log(2), 1.154156, rel_tol=1e-6)
assert isclose(3.2 - 4 * log(2), 0.4274112777602189, rel_tol=1e-12)

# %% [markdown]
# ## A real text, several units
#
# `ngram:6` is a model of bytes that looks back at five and counts what followed them. It learns
# from most of a chapter of *Alice's Adventures in Wonderland* and is asked about the rest. One
# total, told in several ways:

# %%
import re

from infoscope.data import path_of
from infoscope.language import load, score

chapter = path_of("alice_chapter_1.txt").read_text(encoding="utf-8")
learned, held_out = chapter[:9000], chapter[9000:]
result = score(held_out, load("ngram:6", train=learned))
n_bytes = len(held_out.encode())
n_words = len(re.split(r"\s+", held_out))  # the rule of lm-evaluation-harness
total = result.total.value
print(f"total                 {total:8.1f} nats, {n_bytes} bytes, {n_words} words")
print(f"bits per byte         {result.bits_per_byte.value:8.3f}")
print(f"bits per word         {total / log(2) / n_words:8.3f}")
print(f"perplexity per byte   {result.byte_perplexity.value:8.2f}")
print(f"perplexity per word   {result.word_perplexity.value:8.0f}")
assert isclose(log(result.byte_perplexity.value), result.total.value / n_bytes)
assert isclose(log(result.word_perplexity.value), result.total.value / n_words)

# %% [markdown]
# Per token, models with different tokenizers cannot be compared. Per word they can, if all count
# words by one rule. Bytes need no rule, in any language. So here are three models in bits per byte:
# one that only knows how often each byte occurs, and two that look back at two and at five.

# %%
rows = []
for name in ("unigram", "ngram:3", "ngram:6"):
    result = score(held_out, load(name, train=learned))
    rows.append((name, result.bits_per_byte.value))
    print(f"{name:8} {result.bits_per_byte.short()}")

# %%
from infoscope.figures import bar_chart

bar_chart(
    [name for name, _ in rows],
    [value for _, value in rows],
    title="Longer contexts, fewer bits, on text the model has not seen",
    x_label="bits per byte",
    label_name="model",
)

# %%
assert rows[0][1] > rows[1][1] > rows[2][1]

# %% [markdown]
# ## Why tokenizers cannot be compared per token
#
# Cut one text into pieces of different sizes, and let its information be the same: 1 nat for each
# character. Per piece, the perplexity is whatever the cutting makes of it.

# %%
total = 1000.0  # nats in a text of 1000 characters, whoever cuts it
for size in (1, 2, 4, 8):
    per_token = total / (1000 / size)
    print(f"characters a token: {size}   perplexity {perplexity_from_loss(per_token):8.1f}")
assert isclose(perplexity_from_loss(4.0), perplexity_from_loss(1.0) ** 4)

# %% [markdown] covers="C22 C23"
# ## Published numbers need their rules
#
# GPT-2 is published at 37.50 (117 million weights), 26.37, 22.05 and 17.48 (1.5 billion) on
# WikiText-103, per word: "a transformer has about 20" fits only the two largest. Llama with 7
# billion weights has 5.68 per token on WikiText-2, or 5.91, depending on how long the **windows**
# are that the text is cut into, and on the **stride** from one to the next. A perplexity without
# corpus, unit, window and stride is a rumour.

# %% quiz="tokens"
{
    "ask": "Model A has perplexity 15 per token; model B 20, with other tokens. Which is better?",
    "options": ["A", "B", "it cannot be told"],
    "answer": 2,
    "why": "B's tokens may be longer, and so harder. Compare bits per byte on the same text.",
}

# %% quiz="uniform"
{
    "ask": "A model's loss is 10.825 nats a token with a vocabulary of 50,257. It has learned",
    "options": ["nothing", "about half", "a lot: perplexity is high"],
    "answer": 0,
    "why": "$\\ln 50257 = 10.825$: as unsure as an even choice among all tokens.",
}
