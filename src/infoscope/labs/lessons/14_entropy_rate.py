# %% [markdown] covers="S24"
# # The entropy rate of English
#
# How many bits does the next character of an English text bring, to someone who has read all that
# stands before it? Shannon asked in 1951 and got 0.6 to 1.3 bits. This lab asks again, with several
# methods, and says of each which way it errs.
#
# Write $X_t$ for the character at place $t$. The **entropy rate** is the limit
# $h = \lim H(X_t \mid X_{t-1}, \dots, X_{t-L})$ as $L$ grows: what is left when the whole past is
# known. Predict: how many bits a character, and how would you find out from one book?
#
# ## First, where the truth is known
#
# A Markov chain remembers one step, so its rate can be worked out. Three methods look at samples of
# it. One counts blocks of neighbouring symbols. A *context tree* learns what follows each stretch
# of the past, and bets on it. Lempel and Ziv's method measures how far back the present has been
# seen before.

# %%
import numpy as np

from infoscope import entropy, estimate
from infoscope.figures import line_chart
from infoscope.known import MarkovChain

chain = MarkovChain([[0.9, 0.05, 0.05], [0.1, 0.6, 0.3], [0.3, 0.1, 0.6]])
truth = chain.entropy_rate / np.log(2)
states = chain.sample(20_000, rng=5)
lengths = [300, 1000, 3000, 10_000, 20_000]
methods = {
    "counted blocks": "block",
    "context tree": "context_tree",
    "Lempel–Ziv": "lempel_ziv",
}
rates = {
    name: [
        estimate.entropy_rate(states[:n], method=method, unit="bits", interval=None).value
        for n in lengths
    ]
    for name, method in methods.items()
}
line_chart(
    lengths,
    rates,
    references={"truth": truth},
    title="Three methods on a chain whose rate is known",
    x_label="symbols seen",
    y_label="bits a symbol",
    log_x=True,
)

# %%
for name, values in rates.items():
    print(f"{name:15} {values[0]:.3f} bits at first, {values[-1]:.3f} bits at last")
print(f"{'truth':15} {truth:.3f} bits")
assert abs(rates["counted blocks"][-1] - truth) < 0.03
assert rates["context tree"][0] > truth
assert rates["Lempel–Ziv"][-1] < truth - 0.05

# %% [markdown]
# The context tree's number is the length of a code that could be written. So it is above the truth
# on average, by the cost of learning, and that melts away.
#
# Lempel and Ziv's number converges too, but like $1/\log n$: with 20,000 symbols it is still more
# than a tenth of a bit too low. An interval around it would show its noise and not this bias.

# %% [markdown]
# ## Counting blocks in a book
#
# Shannon's $F_N$ is what the $N$-th character adds to the $N - 1$ before it: the entropy of blocks
# of $N$ minus that of blocks of $N - 1$. For the language, $F_N$ falls towards $h$ from above.
# Counted in a text it goes on falling.

# %%
import lzma
from importlib.resources import files

material = files("infoscope.labs") / "material"
book = lzma.decompress((material / "alice.txt.xz").read_bytes()).decode("utf-8")


def counted(text: str, most: int = 9) -> np.ndarray:
    "Return F_1, ..., F_most in bits, from the counts of blocks."
    letters = np.unique(list(text), return_inverse=True)[1]
    blocks, heights = np.zeros(len(letters), np.int64), [0.0]
    for size in range(1, most + 1):
        whole = len(letters) - size + 1
        longer = blocks[:whole] * (letters.max() + 1) + letters[size - 1 :]
        _, blocks, counts = np.unique(longer, return_inverse=True, return_counts=True)
        heights.append(entropy(counts / whole, unit="bits"))
    return np.diff(heights)


alphabet = list("abcdefghijklmnopqrstuvwxyz ")
monkey = "".join(np.random.default_rng(0).choice(alphabet, 12_000))
sizes = np.arange(1, 10)
falls = {
    "Alice, 148,480 characters": counted(book),
    "Alice, 12,000": counted(book[:12_000]),
    "random letters, 12,000": counted(monkey),
}
line_chart(
    sizes,
    falls,
    title="Counted conditional entropies fall to zero, even for random letters",
    x_label="characters in a block",
    y_label="bits a character",
)

# %%
assert falls["random letters, 12,000"][0] > 4.7
assert falls["random letters, 12,000"][2] < 4
assert falls["random letters, 12,000"][5] < 0.01
assert falls["Alice, 148,480 characters"][8] < 0.4

# %% [markdown] exercise="ceiling"
# ## Why they must fall
#
# The third curve belongs to characters drawn evenly from 27 (the letters and the space), with 4.75
# bits each whatever stands before. From blocks of three on, the counts say otherwise.
#
# A text of $n$ characters has at most $n$ different blocks, so counted blocks of any length have at
# most $\log_2 n$ bits. Compute that `ceiling` for $n = 12{,}000$, and `longest`, the largest whole
# block length at which random letters could still show their true $4.75 \cdot N$ bits.

# %% answer="ceiling"
ceiling = np.log2(12_000)
longest = int(ceiling // np.log2(27))

# %% check="ceiling"
assert abs(2**ceiling - 12_000) < 1e-6
assert longest == 2

# %% [markdown]
# So $F_N$ from counts is an upper bound only while most blocks have been seen many times: two
# characters in the short texts, three in the whole book. What the curves show further right is the
# length of the text, not its language. A "rate of English" read off at $N = 8$ is an error that
# still gets printed.

# %% [markdown] explorer="guessing"
# ## Shannon's game
#
# Shannon let a person guess the next letter until it was right, and counted the guesses. Equal
# readers make equal guesses, so the counts carry the text: it could be restored from them. Their
# entropy therefore bounds that of the text from above. Play a passage yourself. Letters are folded
# into 27: A to Z and the space.

# %%
import textwrap

from infoscope.language import guessing_game

game = guessing_game(book[:60_000], shown=100, hidden=40, rng=3)
print("shown: ", "\n        ".join(textwrap.wrap(game.shown, 76)))
print("hidden:", game.hidden)
print("Guesses of a model that looks back five letters, one for each hidden letter:")
print(textwrap.fill(" ".join(str(guess) for guess in game.model_guesses), 84))
print(game.bounds(game.model_guesses))

# %% [markdown] exercise="bounds"
# ## The two bounds by hand
#
# Let $q_i$ be the share of letters that were right at guess $i$. Shannon showed
# $$\sum_i i\,(q_i - q_{i+1}) \log_2 i \;\le\; H \;\le\; -\sum_i q_i \log_2 q_i.$$
# A person was right at once for 70 of 100 letters, at the second guess for 20 and at the third for
# 10. Compute `lower` and `upper` in bits a letter.

# %% answer="bounds"
q = np.array([0.7, 0.2, 0.1, 0.0])
i = np.arange(1, 4)
lower = float(np.sum(i * (q[:-1] - q[1:]) * np.log2(i)))
upper = entropy(q, unit="bits")

# %% check="bounds"
from infoscope.language import guessing_bounds

found = guessing_bounds([1] * 70 + [2] * 20 + [3] * 10)
assert np.isclose(lower, found.lower.value, rtol=1e-12)
# Counted shares make the upper bound too low: (3 - 1) / 2n nats are added.
assert np.isclose(upper + 2 / 200 / np.log(2), found.upper.value, rtol=1e-12)

# %% [markdown]
# The lower bound holds for an **ideal** guesser, who ranks letters by their true chances. Someone
# who guesses worse only raises it, and it may then lie above the truth. There is no lower bound on
# the rate of a language that needs no such assumption.
#
# ## Every model is an upper bound
#
# A model that gives the text probability $q$ pays $-\log_2 q$ bits. On average that is $h$ plus the
# divergence from the truth to the model, so it is never below $h$. Better models press the bound
# down. Each row below learns from the first 40,000 characters of the book and is judged on the
# next 10,000.

# %%
from infoscope.language import entropy_rate_bounds

bounds = entropy_rate_bounds(book[:50_000])
bounds.figure()

# %%
for bound in bounds.bounds:
    why = f"{bound.kind}: {bound.bias.split(';')[0]}"
    print(textwrap.fill(f"{bound.name:28} {why}", 88, subsequent_indent=" " * 29))
assert 2.0 < bounds.best_upper.estimate.value < 2.5

# %% [markdown]
# ## A model that has read more
#
# The best row above has seen one book. SmolLM2, a transformer with 135 million weights, has read
# billions of words. How much of what stands before may it use? Its costs were recorded in a full
# run: the first chapter of *Alice*, in windows of growing length, and *The ferry to Oddvik*, which
# was written after the model was trained.

# %%
from infoscope.data import path_of
from infoscope.labs import recorded
from infoscope.language import load, score

chapter = path_of("alice_chapter_1.txt").read_text(encoding="utf-8")
ferry = (material / "ferry.txt").read_text(encoding="utf-8")
windows = [16, 64, 256, 1024]


def smollm2_bounds() -> dict:
    "Score both texts under the language model; about a minute."
    model = load("smollm2")
    scores = [score(chapter, model, context=size).bits_per_character for size in windows]
    unseen = score(ferry, model, context="full").bits_per_character
    return {
        "alice": [each.value for each in scores],
        "alice_error": scores[-1].stderr,
        "ferry": unseen.value,
        "ferry_error": unseen.stderr,
    }


# One model on two machines: sums in float32 differ in the last digits.
within = {"alice": 0.002, "ferry": 0.002}
neural = recorded("14_entropy_rate", smollm2_bounds, within=within)
line_chart(
    windows,
    {"Alice, chapter 1": neural["alice"]},
    references={"best model of one book": bounds.best_upper.estimate.value},
    title="The further the model may look back, the less is left",
    x_label="tokens in a window",
    y_label="bits a character",
    log_x=True,
    from_zero=True,
)

# %%
print(f"Alice: {neural['alice'][-1]:.2f} ± {neural['alice_error']:.2f} bits a character")
print(f"ferry: {neural['ferry']:.2f} ± {neural['ferry_error']:.2f} bits a character")
assert neural["alice"] == sorted(neural["alice"], reverse=True)
assert neural["alice"][-1] < neural["ferry"] < bounds.best_upper.estimate.value

# %% [markdown]
# What may honestly be said? English prose of this kind has **at most about 1.3 bits** a character:
# the ferry's number, from a small model on a short text that it had not seen. *Alice* comes lower,
# and part of that may be memory. Larger models go below 1 (Delétang and others, 2023). Every such
# number is again an upper bound, and is only as honest as the text is new to the model.
#
# Shannon's 0.6 to 1.3 was for 26 letters and the space, without capitals, punctuation and line
# ends. Ours is for all characters. A bound belongs to its alphabet.

# %% [markdown] exercise="redundancy"
# ## How redundant is it?
#
# An even choice among the book's 72 different characters has $\log_2 72 = 6.17$ bits. Which share
# of that (`redundancy`) does the number of the ferry show to be superfluous, at least?

# %% answer="redundancy"
redundancy = 1 - neural["ferry"] / np.log2(72)

# %% check="redundancy"
assert len(set(book)) == 72
assert 0.75 < redundancy < 0.85

# %% quiz="which"
{
    "ask": "Which of these numbers can be below the true rate, even on average?",
    "options": [
        "the entropy of counted blocks of 8, minus that of blocks of 7",
        "bits a character of a text coded by a context tree",
        "bits a character under a language model that has not seen the text",
    ],
    "answer": 0,
    "why": "The other two are lengths of codes that could be written, and no code beats the "
    "rate on average. Counts of blocks seen once or twice tell the length of the text.",
}

# %% quiz="better"
{
    "ask": "A new model needs 0.9 bits a character for a new novel. The entropy rate of English is",
    "options": ["0.9 bits", "at most 0.9 bits for such prose", "at least 0.9 bits"],
    "answer": 1,
    "why": "Its cost is the rate plus a divergence that is not negative. A better model may come "
    "tomorrow.",
}
