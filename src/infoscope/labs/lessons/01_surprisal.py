# %% [markdown] covers="S1 T1.1 T3.1 T3.2"
# # Surprisal: how much news is in one outcome?
#
# An outcome that was certain tells you nothing; one that was nearly impossible tells you a lot.
# This lab finds the only measure of news that fits three plain demands, and uses it.
#
# An outcome of probability $p$ carries the **surprisal** $-\log p$: in **bits** if the logarithm
# has base 2, in **nats** if it is the natural one.
#
# Before you run the next cell, predict: how many bits are in one throw of a fair coin? In one face
# of an eight-sided die? In a card drawn from 52?

# %%
from infoscope import surprisal

outcomes = {"fair coin": 1 / 2, "eight-sided die": 1 / 8, "one card of 52": 1 / 52}
for what, p in outcomes.items():
    print(f"{what:18} p = {p:.4f}   {surprisal(p, unit='bits'):.6f} bits")

# %% [markdown]
# Halve the probability, and there is one bit more. That is the whole idea: **a bit is one
# halving**.

# %% [markdown] covers="S1 T3.1 C9"
# ## Likely things are not silent
#
# Only an outcome that is certain carries no bits at all. One of probability 0.4 carries 1.32 bits.
# That is *more* than a fair coin's 1 bit, because 0.4 is less than one half; a widely copied
# comment calls it less.

# %%
from infoscope.figures import line_chart

grid = [i / 200 for i in range(1, 201)]
line_chart(
    grid,
    {"surprisal": [surprisal(p, unit="bits") for p in grid]},
    title="Surprisal falls to zero as an outcome becomes certain",
    x_label="probability",
    y_label="bits",
    references={"fair coin, 1 bit": 1.0},
)

# %% [markdown]
# ## Why the logarithm
#
# Ask three things of a measure of news $I(p)$: a certain outcome has none, a rarer one has more,
# and the news of two **independent** outcomes adds up. The chance of both is the product $p\,q$,
# so $I(p\,q) = I(p) + I(q)$, and the only decreasing functions that turn products into sums are
# $-c\,\log p$ with $c > 0$. The constant $c$ chooses the unit, as the base of a logarithm does.

# %% covers="T3.2"
both = surprisal(0.5 * 0.25, unit="bits")
summed = surprisal(0.5, unit="bits") + surprisal(0.25, unit="bits")
print(both, "bits together,", summed, "bits one after the other")
assert both == summed == 3.0

# %% [markdown] exercise="die" covers="X1 T3.Ex1"
# ## A six
#
# A fair die shows a six. How many bits is that? And how many rolls of a die would you need, on
# average, for one bit of news?
#
# Fill in `six` (bits) and `rolls`.

# %% answer="die"
six = surprisal(1 / 6, unit="bits")
rolls = 1 / six

# %% check="die"
assert abs(six - 2.584962500721156) < 1e-12
assert abs(rolls - 0.3868528072345416) < 1e-12

# %% [markdown]
# A fraction of a roll looks odd, and the question is not quite fair: one roll *can* give exactly
# one bit, if you are told only whether it was even. What 0.387 says is that a thousand rolls, all
# six faces told, bring as much news as 2,585 throws of a coin.

# %% quiz="fair"
{
    "ask": "An event has probability 0.4. Compared with a fair coin, its surprisal is",
    "options": ["smaller", "the same", "larger"],
    "answer": 2,
    "why": "0.4 is less than 0.5, so it is more surprising: 1.32 bits against 1 bit.",
}
