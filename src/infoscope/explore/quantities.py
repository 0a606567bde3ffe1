"""Every quantity on one list: formula, call, its value, unit, conventions at zero, range, page."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QUANTITIES", "SETUP", "Quantity"]

#: what every call may use
SETUP = (
    "import torch\nimport infoscope as isc\n"
    "from infoscope import codes, estimate, known, probe, train\n"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One line of the card.

    `call` is Python that gives one number; `value` is that number to six digits, as `%.6g` writes
    it (a test runs every call). `page` is the slug of the page where it can be seen, or "".
    """

    group: str
    name: str
    formula: str
    call: str
    value: str
    unit: str
    zero: str
    span: str
    page: str = ""


def _lines(group: str, *rows: tuple[str, ...]) -> tuple[Quantity, ...]:
    return tuple(Quantity(group, *row) for row in rows)


QUANTITIES = (
    *_lines(
        "One distribution",
        ("Surprisal", r"-\log p", 'isc.surprisal(0.125, unit="bits")', "3", "bits",
         "p = 0 gives ∞", "0 to ∞", "entropy"),
        ("Entropy", r"-\sum p\log p", "isc.entropy([0.9, 0.1])", "0.325083", "nats",
         "0 log 0 = 0", "0 to log k", "entropy"),
        ("Perplexity", r"e^{H(p)}", "isc.perplexity([0.25] * 4)", "4", "equal outcomes",
         "as the entropy", "1 to k", "entropy"),
        ("Rényi entropy", r"\tfrac{1}{1-\alpha}\log\sum p^\alpha",
         "isc.renyi_entropy([0.5, 0.25, 0.25], 2)", "0.980829", "nats", "0^α = 0",
         "0 to log k", "entropy"),
        ("Most entropy at a mean", r"p_i\propto e^{\lambda x_i}",
         "isc.maximum_entropy([1, 2, 3], [([1, 2, 3], 2.0)]).p[0]", "0.333333", "probability",
         "a mean at the edge leaves one outcome", "0 to 1", "entropy"),
        ("Entropy of a Gaussian", r"\tfrac12\log(2\pi e\,\sigma^2)",
         "isc.gaussian_entropy(1.0)", "1.41894", "nats", "σ → 0 gives −∞", "−∞ to ∞", ""),
        ("Entropy of logits", r"\log\sum e^{z} - \sum p\,z",
         "isc.entropy(isc.Logits([1.0, 3.0, 2.0, 0.5]))", "0.993015", "nats",
         "z = −∞ is an impossible outcome", "0 to log k", "temperature"),
    ),
    *_lines(
        "Two distributions",
        ("Cross-entropy", r"-\sum p\log q",
         "isc.cross_entropy([0.5, 0.3, 0.2], [0.6, 0.3, 0.1])", "1.07712", "nats",
         "p > 0 = q gives ∞; p = 0 costs nothing", "H(p) to ∞", "cross-entropy"),
        ("KL divergence", r"\sum p\log\tfrac pq",
         "isc.kl_divergence([0.5, 0.3, 0.2], [0.6, 0.3, 0.1])", "0.0474687", "nats",
         "p > 0 = q gives ∞; 0 only where p = q", "0 to ∞", "kl"),
        ("KL of two Gaussians", r"\tfrac12(r^2+\delta^2-1)-\log r",
         "isc.gaussian_kl(0.0, 1.0, 1.0, 4.0)", "0.443147", "nats",
         "takes variances, not widths", "0 to ∞", "kl"),
        ("Jensen–Shannon divergence", r"\tfrac12D(p\|m)+\tfrac12D(q\|m),\ m=\tfrac{p+q}2",
         'isc.jensen_shannon_divergence([1.0, 0.0], [0.0, 1.0], unit="bits")', "1", "bits",
         "finite for any pair", "0 to 1 bit", "kl"),
        ("Jeffreys' divergence", r"D(p\|q)+D(q\|p)",
         "isc.jeffreys_divergence([0.9, 0.1], [0.5, 0.5])", "0.87889", "nats",
         "∞ unless both have one support", "0 to ∞", "kl"),
        ("Total variation", r"\tfrac12\sum|p-q|",
         "isc.total_variation([0.9, 0.1], [0.5, 0.5])", "0.4", "probability",
         "no logarithm, no infinity", "0 to 1", ""),
    ),
    *_lines(
        "Joint tables",
        ("Joint entropy", r"-\sum p(x,y)\log p(x,y)",
         "isc.joint_entropy([[0.4, 0.05], [0.05, 0.5]])", "1.01266", "nats",
         "0 log 0 = 0", "0 to log of the cells", "mutual-information"),
        ("Mutual information", r"\sum p(x,y)\log\tfrac{p(x,y)}{p(x)p(y)}",
         "isc.mutual_information([[0.4, 0.05], [0.05, 0.5]])", "0.363615", "nats",
         "empty cells add 0", "0 to min(H(X), H(Y))", "mutual-information"),
        ("Conditional entropy", r"H(Y|X)=H(X,Y)-H(X)",
         "isc.conditional_entropy([[0.4, 0.05], [0.05, 0.5]], given=0)", "0.324524",
         "nats", "an impossible condition adds 0", "0 to H(Y)", "mutual-information"),
        ("Gaussian mutual information", r"-\tfrac12\log(1-\rho^2)",
         "isc.gaussian_mutual_information([[1.0, 0.6], [0.6, 1.0]], 1)", "0.223144", "nats",
         "|ρ| = 1 gives ∞", "0 to ∞", "mutual-information"),
        ("Pointwise mutual information", r"\log\tfrac{p(x,y)}{p(x)p(y)}",
         'isc.pointwise_mutual_information([[0.4, 0.1], [0.1, 0.4]], unit="bits")[0, 0]',
         "0.678072", "bits", "an empty cell gives −∞", "−∞ to −log p(x,y)",
         "mutual-information"),
        ("Conditional mutual information", r"\sum p\log\tfrac{p(x,y|z)}{p(x|z)p(y|z)}",
         "isc.conditional_mutual_information([[[0.25, 0.0], [0.0, 0.25]], "
         '[[0.0, 0.25], [0.25, 0.0]]], unit="bits")', "1", "bits", "empty cells add 0",
         "0 to min(H(X|Z), H(Y|Z))", "mutual-information"),
        ("Total correlation", r"\sum H(X_i)-H(X_1,\dots)",
         "isc.total_correlation([[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]], "
         'unit="bits")', "1", "bits", "0 only for independent ones", "0 to ∞", ""),
        ("Gain ratio", r"\text{gain}/H(g)", "isc.gain_ratio([5, 5], [[4, 1], [1, 4]])",
         "0.278072", "", "an empty group adds 0", "0 to 1", "table"),
        ("Entropy of a sample, corrected", r"\hat H+\tfrac{k-1}{2n}",
         'estimate.entropy(["a"] * 6 + ["b"] * 4, method="miller_madow")', "0.723012", "nats",
         "unseen symbols are not counted", "0 to ∞", "mutual-information"),
        ("Information gain", r"H(Y)-\sum_g \tfrac{n_g}{n}H(Y|g)",
         'isc.information_gain([5, 5], [[4, 1], [1, 4]], unit="bits")', "0.278072", "bits",
         "an empty group adds 0", "0 to H(Y)", "table"),
    ),
    *_lines(
        "Codes and channels",
        ("Entropy rate", r"-\sum_i\pi_i\sum_j P_{ij}\log P_{ij}",
         "known.MarkovChain([[0.9, 0.1], [0.1, 0.9]]).entropy_rate", "0.325083", "nats/symbol",
         "a chain that never wavers has 0", "0 to the entropy of a symbol", ""),
        ("Huffman's code", r"H\le L<H+1",
         "codes.huffman([0.5, 0.25, 0.125, 0.125]).expected_length", "1.75", "bits/symbol",
         "impossible outcomes get no word", "H to H + 1", "entropy"),
        ("Shannon's code", r"\sum p\lceil-\log_2p\rceil",
         "codes.shannon_code([0.6, 0.4]).expected_length", "1.4", "bits/symbol",
         "impossible outcomes get no word", "H to H + 1", "entropy"),
        ("Capacity", r"\max_{p(x)}I(X;Y)",
         'isc.channels.capacity([[0.9, 0.1], [0.1, 0.9]], unit="bits")', "0.531004",
         "bits per use", "useless letters get exactly 0", "0 to log2 of the smaller side",
         "channels"),
        ("Erasure channel", r"1-\varepsilon",
         'isc.channels.binary_erasure(0.25, unit="bits")', "0.75", "bits per use",
         "ε = 1 gives 0", "0 to 1", "channels"),
        ("Gaussian channel", r"\tfrac12\log(1+\mathrm{snr})",
         'isc.channels.gaussian_capacity(3.0, unit="bits")', "1", "bits per use",
         "no signal gives 0", "0 to ∞", "channels"),
        ("Rate–distortion", r"\min_{E\,d\le D}I(X;Y)",
         'isc.channels.bernoulli_rate_distortion(0.5, 0.11, unit="bits")', "0.500084",
         "bits/letter", "0 from D = min(p, 1 − p) on", "0 to H(p)", "rate-distortion"),
        ("Information bottleneck", r"\min I(X;T)-\beta I(T;Y)",
         "isc.channels.information_bottleneck([[0.45, 0.05], [0.05, 0.45]], 4.0).relevance",
         "0.366474", "nats", "0 below the first β", "0 to I(X;Y)", "bottleneck"),
    ),
    *_lines(
        "Forecasts and models",
        ("Log loss", r"-\tfrac1n\sum\log p_i(y_i)",
         "isc.calibrate.log_score([0.9, 0.8, 0.3], [1, 1, 0])", "0.228393", "nats",
         "what was said to be impossible costs ∞", "0 to ∞", "calibration"),
        ("Brier score", r"\tfrac1n\sum(p_i-y_i)^2",
         "isc.calibrate.brier_score([0.9, 0.8, 0.3], [1, 1, 0])", "0.0466667",
         "squared probability", "no logarithm", "0 to 1", "calibration"),
        ("Miscalibration", r"\sum\tfrac{n_g}nD(\bar y_g\|\bar p_g)",
         "isc.calibrate.decompose([0.9] * 10 + [0.2] * 10, [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8,"
         ' grouping="distinct").miscalibration', "0.0222015", "nats",
         "0 where what was said is what happened", "0 to ∞", "calibration"),
        ("Perplexity of a loss", r"e^{\text{loss}}", "isc.perplexity_from_loss(3.2)", "24.5325",
         "equal choices", "takes nats per token", "1 to ∞", "cross-entropy"),
        ("Bits per byte", r"\tfrac{\text{nats}}{\text{bytes}\,\ln 2}",
         "isc.bits_per_byte(1000.0, 1200)", "1.20225", "bits/byte",
         "comparable between tokenizers", "0 to ∞", "text"),
        ("V-information", r"H_V(Y)-H_V(Y|X)",
         "probe.pointwise_from_predictions([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], [0.5, 0.5], "
         "[0, 1, 0]).mean()", "0.278216", "nats",
         "negative where a probe does worse than the shares", "−∞ to H(Y)", ""),
        ("Description length (MDL)", r"\sum_i -\log p_{\theta_i}(y_i|x_i)",
         "probe.mdl_probe([[0.0], [1.0]] * 128, [0, 1] * 128, unit=\"bits\").length.value",
         "34.4775", "bits", "256 labels that x tells; without x they cost 256", "0 to n log k", ""),
        ("Nats to bits", r"x/\ln 2", "isc.bits(3.2)", "4.61662", "bits", "0 stays 0", "",
         "text"),
        ("Rate of a Gaussian code", r"\tfrac12(\mu^2+\sigma^2-1-\log\sigma^2)",
         "train.gaussian_rate(torch.tensor([0.5]), torch.tensor([0.0]))[0]", "0.125", "nats",
         "0 is collapse: q is the prior", "0 to ∞", ""),
        ("InfoNCE bound", r"\log N-\text{loss}",
         "train.info_nce(torch.eye(4), torch.eye(4), temperature=1.0).cap", "1.38629", "nats",
         "never above log N; this is its cap at N = 4", "to log N", ""),
        ("Optimum under a KL penalty", r"\pi^*\propto\pi_0e^{r/\beta}",
         "train.tilted_policy([0.5, 0.5], [1.0, 0.0], 1.0)[0][0]", "0.731059", "probability",
         "what the reference never says stays at 0", "0 to 1", ""),
        ("Preference loss (DPO)", r"-\log\sigma(\beta m)",
         "train.dpo_loss(torch.tensor([-1.0]), torch.tensor([-2.0]), torch.tensor([-1.5]), "
         "torch.tensor([-1.5]), beta=0.1)", "0.644397", "nats",
         "log 2 where policy and reference agree", "0 to ∞", ""),
        ("KL of a sample, k1", r"\ell=\log\tfrac{\pi(a)}{\pi_0(a)}",
         'train.kl_penalty(torch.tensor([-1.0]), torch.tensor([-1.5]), estimator="k1")', "0.5",
         "nats/token", "unbiased; single tokens may be negative", "−∞ to ∞", ""),
        ("KL of a sample, k2", r"\ell^2/2",
         'train.kl_penalty(torch.tensor([-1.0]), torch.tensor([-1.5]), estimator="k2")', "0.125",
         "nats/token", "biased: right to second order", "0 to ∞", ""),
        ("KL of a sample, k3", r"e^{-\ell}-1+\ell",
         'train.kl_penalty(torch.tensor([-1.0]), torch.tensor([-1.5]), estimator="k3")',
         "0.106531", "nats/token", "unbiased, and never negative", "0 to ∞", ""),
        ("Distillation", r"T^2 D(p^{1/T}_t\|p^{1/T}_s)",
         "train.distillation_loss(torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 0.0]]), "
         "temperature=2.0)", "0.360953", "nats", "0 only where both agree", "0 to ∞", ""),
        ("Label smoothing", r"H((1-\varepsilon)y+\tfrac\varepsilon k,\,p)",
         "train.cross_entropy_loss(torch.tensor([[2.0, 0.0]]), torch.tensor([0]), "
         "smoothing=0.1)", "0.226928", "nats", "never below the entropy of the smoothed target",
         "that entropy to ∞", "cross-entropy"),
        ("KL of the best of n", r"\log n-\tfrac{n-1}n", "train.best_of_n_kl(4)", "0.636294",
         "nats", "n = 1 gives 0; an upper bound", "0 to ∞", ""),
    ),
)  # fmt: skip
