# %% [markdown] covers="S20" explorer="calibration?source=over"
# # Calibration: does 80 percent mean 80 percent?
#
# A forecast of 80 percent is right if such things happen in 80 of 100 cases. A model can name the
# right class nearly always and still lie about how sure it is. This lab measures the lie in nats,
# draws it, and mends it with one number.
#
# A classifier is trained on 200 handwritten digits, with almost nothing to hold it back, and asked
# about 797 others. It will be right in about nine of ten. Predict: how sure will it say it is, on
# average?

# %%
from math import isclose, log

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from infoscope import Logits, calibrate

images, digits = load_digits(return_X_y=True)
images = images / 16
order = np.random.default_rng(0).permutation(len(digits))
training, fitting, testing = order[:200], order[200:1000], order[1000:]

model = LogisticRegression(C=1e4, max_iter=5000).fit(images[training], digits[training])
z = model.decision_function(images)
before = np.exp(Logits(z[testing]).log_probabilities())
truth = digits[testing]

accuracy = float((before.argmax(axis=1) == truth).mean())
confidence = float(before.max(axis=1).mean())
print(f"right: {accuracy:.1%}   said, on average: {confidence:.1%}")
assert 0.88 < accuracy < 0.94
assert confidence > accuracy + 0.04

# %% [markdown]
# ## The picture: a reliability diagram
#
# Sort the test images by how sure the model was and cut them into groups of equal size. In each
# group compare what was said with how often it was true. On the diagonal both agree. The shaded
# band is where a perfectly honest model would land by chance, so a dot inside it proves nothing.

# %%
calibrate.reliability(before, truth).figure()

# %% [markdown] covers="C32"
# ## Training does not do this by itself
#
# "Training with cross-entropy gives calibrated probabilities" holds only for the Bayes optimum in a
# model class that contains it, with data enough to find it. Here 200 images meet 650 weights: the
# training images can be told apart perfectly, and the loss on them falls on and on as the weights
# grow. The model becomes sure of everything.

# %%
losses = {
    "training images": calibrate.log_score(Logits(z[training]), digits[training]),
    "test images": calibrate.log_score(Logits(z[testing]), truth),
}
for name, loss in losses.items():
    print(f"log loss on {name:16} {loss.short()}")
assert losses["training images"].value < 0.01 < 0.3 < losses["test images"].value

# %% [markdown]
# ## Three terms of one loss
#
# The log loss is the sum of three amounts of information. Let $Y$ be what happens and $G$ the group
# that a forecast belongs to:
#
# $$L = \underbrace{H(Y)}_{\text{uncertainty}} - \underbrace{I(Y; G)}_{\text{resolution}} +
# \underbrace{\sum_g \tfrac{n_g}{n} D(\text{observed}_g \,\|\,
# \text{forecast}_g)}_{\text{miscalibration}}$$
#
# Uncertainty belongs to the world. Resolution is what the forecaster knows. Miscalibration, a mean
# KL divergence, is what his scale costs, and only that can be mended without learning anything new
# (Murphy 1973; Weijs and others 2010).

# %% [markdown] exercise="terms"
# ## By hand
#
# A forecaster said 90% ten times and was right eight times. He said 20% ten times, and it happened
# twice. Compute in nats his `uncertainty`, `resolution` and `miscalibration`.

# %% answer="terms"
from infoscope import entropy, information_gain, kl_divergence

uncertainty = entropy([10 / 20, 10 / 20])
resolution = information_gain([10, 10], [[8, 2], [2, 8]])
miscalibration = 0.5 * kl_divergence([0.8, 0.2], [0.9, 0.1]) + 0.5 * 0.0

# %% check="terms"
said = [0.9] * 10 + [0.2] * 10
came = [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8
parts = calibrate.decompose(said, came, grouping="distinct")
assert isclose(uncertainty, log(2), rel_tol=1e-12)
assert isclose(resolution, parts.resolution.value, rel_tol=1e-12)
assert isclose(miscalibration, parts.miscalibration.value, rel_tol=1e-12)
assert isclose(uncertainty - resolution + miscalibration, parts.total.value, rel_tol=1e-12)

# %% [markdown]
# Now the digits. The yes-or-no question is whether the likeliest class is the right one. Forecasts
# within a group differ a little, so a small fourth term, "within", makes the sum exact. Uncertainty
# less resolution is called refinement.

# %%
terms_before = calibrate.decompose(before, truth, of="top_label")
terms_before

# %% [markdown]
# Half of this loss is miscalibration: not ignorance, but a wrong scale.

# %% [markdown] exercise="temperature"
# ## One number
#
# Divide all logits by a temperature $T$: the order of the classes stays, so no answer changes, but
# the certainty does. Four times a model gives log-odds of 2 (88%), and it is right three times.
# Which `T` makes the log-odds what they should have been?

# %% answer="temperature"
T = 2 / log(3)  # three to one is log-odds of log 3

# %% check="temperature"
assert isclose(T, calibrate.fit_temperature([2.0] * 4, [1, 1, 1, 0]).temperature, rel_tol=1e-8)

# %% [markdown]
# For the digits, $T$ is found on 800 images that were used neither for training nor for the
# diagram: the one that gives their labels the highest likelihood (Guo and others 2017).

# %%
fit = calibrate.fit_temperature(z[fitting], digits[fitting])
fit

# %%
after = np.exp(Logits(z[testing] / fit.temperature).log_probabilities())
terms_after = calibrate.decompose(after, truth, of="top_label")
assert np.array_equal(after.argmax(axis=1), before.argmax(axis=1))
calibrate.reliability(after, truth).figure()

# %%
from infoscope.figures import bar_chart

names = ["uncertainty", "resolution", "miscalibration", "within"]
rows = {
    f"{name}, {when}": getattr(terms, name)
    for name in names
    for when, terms in (("T = 1", terms_before), (f"T = {fit.temperature:.2f}", terms_after))
}
bar_chart(
    list(rows),
    [each.value for each in rows.values()],
    muted=[name.endswith("T = 1") for name in rows],
    title="Temperature takes away miscalibration and leaves knowledge as it was",
    x_label="nats per image",
    label_name="term",
)

# %% [markdown]
# Could chance alone make an honest model look so bad? $p$ is the share of honest models that would
# come off worse: next to none at $T = 1$, and most of them after the mending.

# %%
assert terms_after.miscalibration.value < terms_before.miscalibration.value / 10
assert isclose(terms_after.resolution.value, terms_before.resolution.value, abs_tol=0.02)
for name, p in {"T = 1": before, f"T = {fit.temperature:.2f}": after}.items():
    test = calibrate.calibration_test(p, truth, n_resamples=199, rng=0)
    print(f"{name:9} log loss {calibrate.log_score(p, truth).short()}, honest? p = {test.p_value}")

# %% [markdown]
# ## Honest is not wise
#
# Somebody who looks at no image and always says "10 percent for each digit" is calibrated: each
# digit does come in a tenth of the cases. His resolution is 0. And a number like the expected
# calibration error (ECE) can be best for the one who knows least.

# %%
blind = np.full_like(before, 0.1)
for name, p in {"blind": blind, "trained, T = 1": before}.items():
    error = calibrate.expected_calibration_error(p, truth)
    print(f"{name:15} ECE {error.value:.3f}   log loss {calibrate.log_score(p, truth).short()}")
blind_terms = calibrate.decompose(blind, truth, grouping="distinct")
assert blind_terms.resolution.value == 0.0
assert blind_terms.miscalibration.value < 0.01
assert isclose(blind_terms.total.value, log(10), rel_tol=1e-12)

# %% [markdown] exercise="floor"
# ## Even the honest do not read zero
#
# The ECE takes absolute values of gaps, and gaps of pure chance do not cancel. Draw 300 forecasts
# evenly from 0.5 to 1, and let each come true with just the chance that it states. Do it two
# hundred times; let `mean_ece` be the average of `calibrate.expected_calibration_error(p, y)`.

# %% answer="floor"
rng = np.random.default_rng(0)
readings = []
for _ in range(200):
    p = rng.uniform(0.5, 1.0, 300)
    y = (rng.random(300) < p).astype(int)
    readings.append(calibrate.expected_calibration_error(p, y).value)
mean_ece = float(np.mean(readings))

# %% check="floor"
fresh = np.random.default_rng(1).uniform(0.5, 1.0, 300)
outcomes = (np.random.default_rng(2).random(300) < fresh).astype(int)
of_chance = calibrate.expected_calibration_error(fresh, outcomes).diagnostics
assert abs(mean_ece - of_chance["expected_if_calibrated"]) < 0.01
assert mean_ece > 0.03

# %% [markdown]
# ## What a temperature cannot mend
#
# Naive Bayes counts every pixel as a fresh witness. Neighbouring pixels say the same thing, so it
# hears each witness many times and is absurdly sure. A large temperature brings its log loss down
# twentyfold. But it is the wrong shape: now the model is too timid where it is right.

# %%
from sklearn.naive_bayes import GaussianNB

bayes = GaussianNB(var_smoothing=1e-3).fit(images[training], digits[training])
votes = bayes.predict_joint_log_proba(images)
hot = calibrate.fit_temperature(votes[fitting], digits[fitting])
cooled = np.exp(Logits(votes[testing] / hot.temperature).log_probabilities())
raw = calibrate.log_score(Logits(votes[testing]), truth).value
mended = calibrate.log_score(cooled, truth).value
print(f"T = {hot.temperature:.1f}: log loss {raw:.1f} -> {mended:.2f} nats")
assert raw > 10 * mended
calibrate.reliability(cooled, truth).figure()

# %% [markdown]
# Two numbers do what one could not: a slope and an offset for the log-odds of the top class, fitted
# on held-out images (Platt 1999). What they give is honest again, as far as 797 images can tell.

# %%
sure = np.exp(Logits(votes[fitting] / hot.temperature).log_probabilities())
hit = (sure.argmax(axis=1) == digits[fitting]).astype(int)
curve = calibrate.fit_platt(sure.max(axis=1), hit)
straight = curve.apply(cooled.max(axis=1))
came_true = (cooled.argmax(axis=1) == truth).astype(int)
for name, p in {"temperature": cooled.max(axis=1), "slope, offset": straight}.items():
    gap = calibrate.smooth_calibration_error(p, came_true)
    chance = gap.diagnostics["expected_if_calibrated"]
    print(f"{name:13} smooth calibration error {gap.value:.3f} (by chance alone {chance:.3f})")
assert (
    calibrate.smooth_calibration_error(straight, came_true).value
    < calibrate.smooth_calibration_error(cooled.max(axis=1), came_true).value / 2
)

# %% [markdown]
# ## A language model on a book
#
# The built-in language model reads the first chapter of *Alice* (Lewis Carroll, 1865) and says
# before each token which one is likeliest, and how likely. It has learnt from far more text than it
# can hold. Predict: is it too sure, too timid, or honest?

# %%
from infoscope.labs import recorded


def reads_alice() -> dict:
    "Return what the model said of its likeliest token, how often it was right, and the best T."
    from infoscope.data import path_of
    from infoscope.language import load, score, temperature_sweep

    reader = load("smollm2")
    text = path_of("alice_chapter_1.txt").read_text(encoding="utf-8")
    tokens = score(text, reader, top=1)
    guessed = (tokens.top_ids[:, 0] == tokens.ids).astype(int)
    seen = calibrate.reliability(tokens.top_probabilities[:, 0], guessed)
    sweep = temperature_sweep(text, [0.7, 1.0, 1.5], model=reader)
    return {
        "said": seen.forecast.tolist(),
        "was": seen.observed.tolist(),
        "low": seen.band_low.tolist(),
        "high": seen.band_high.tolist(),
        "n": len(guessed),
        "accuracy": float(guessed.mean()),
        "best": sweep.best.estimate.value,
        "best_error": sweep.best.estimate.stderr,
    }


# Sums in another order change a probability in its sixth digit, and now and then one of 3,047
# guesses: a step of 1/n in the accuracy, and of fifteen times that in a group.
alice = recorded(
    "calibration_alice",
    reads_alice,
    within={"said": 1e-3, "was": 0.02, "accuracy": 1e-3, "best": 2e-3},
)
print(f"{alice['n']} tokens, likeliest one right: {alice['accuracy']:.1%}")
print(f"best temperature {alice['best']:.3f} ± {alice['best_error']:.3f}")
assert 1.0 < alice["best"] < 1.1

# %%
from infoscope.figures import line_chart

line_chart(
    alice["said"],
    {"language model": alice["was"], "honest": alice["said"]},
    bands={"honest": (alice["low"], alice["high"])},
    title="A language model nearly keeps its word",
    x_label="probability it gave its likeliest next token",
    y_label="how often that token came",
)

# %% [markdown]
# It is a little too sure: some groups lie below the band of chance, and the best temperature, 1.04,
# is five standard errors above 1. But that is little beside 2.89 and 43. A model with 135 million
# weights cannot learn trillions of tokens by rote. Calibration comes from data that outnumber the
# weights, not from the loss alone. Tuning towards rewards can undo it, as the makers of GPT-4
# report of theirs (OpenAI 2023).

# %% quiz="accuracy"
{
    "ask": "Temperature scaling with T = 3 changes",
    "options": [
        "the accuracy and the log loss",
        "the log loss, not the accuracy",
        "the resolution only",
    ],
    "answer": 1,
    "why": "Dividing by a positive number keeps the order of the logits: every answer stays, "
    "only its certainty changes.",
}

# %% quiz="zero"
{
    "ask": "A forecaster has no miscalibration at all. His log loss is",
    "options": ["0", "$H(Y \\mid G)$, what his groups leave open", "$H(Y)$"],
    "answer": 1,
    "why": "Uncertainty less resolution is $H(Y) - I(Y;G) = H(Y \\mid G)$. Only a clairvoyant "
    "also has that at 0.",
}

# %% quiz="same"
{
    "ask": "May the temperature be fitted on the training images?",
    "options": ["yes, the model knows them best", "no"],
    "answer": 1,
    "why": "There the overfitted model is always right: the best T tends to 0, which would make "
    "its mistakes on new images infinitely bad.",
}
