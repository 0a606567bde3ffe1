"""Pointwise mutual information: its variants, its zeros, its place in embeddings."""

import math

import numpy as np
import pytest

import infoscope as info

TABLE = np.array([[0.2, 0.1, 0.0, 0.0], [0.05, 0.25, 0.0, 0.1], [0.0, 0.0, 0.0, 0.3]])
INF, NAN = math.inf, math.nan


def test_by_hand() -> None:
    pmi = info.pointwise_mutual_information(TABLE)
    assert pmi[0, 0] == pytest.approx(math.log(0.2 / (0.3 * 0.25)))
    assert pmi[1, 3] == pytest.approx(math.log(0.1 / (0.4 * 0.4)))
    assert pmi[0, 3] == pmi[2, 0] == -INF
    assert np.isnan(pmi[:, 2]).all()  # a value that never occurs has no ratio
    npmi = info.pointwise_mutual_information(TABLE, variant="normalized")
    assert npmi[0, 0] == pytest.approx(pmi[0, 0] / -math.log(0.2))
    assert npmi[0, 3] == -1
    assert np.isnan(npmi[:, 2]).all()
    possible = npmi[:, [0, 1, 3]]
    assert np.all((possible >= -1) & (possible <= 1))


def test_positive_and_shifted() -> None:
    pmi = info.pointwise_mutual_information(TABLE, unit="bits")
    plain = np.where(np.isnan(pmi), 0, pmi)
    ppmi = info.pointwise_mutual_information(TABLE, variant="positive", unit="bits")
    np.testing.assert_allclose(ppmi, np.maximum(plain, 0))
    sppmi = info.pointwise_mutual_information(TABLE, variant="positive", negatives=2, unit="bits")
    np.testing.assert_allclose(sppmi, np.maximum(plain - 1, 0))  # log2 of 2 negatives is 1 bit
    shifted = info.pointwise_mutual_information(TABLE, negatives=4, unit="bits")
    assert shifted[0, 0] == pytest.approx(pmi[0, 0] - 2)


def test_pairs_that_only_occur_together() -> None:
    npmi = info.pointwise_mutual_information(np.diag([0.5, 0.3, 0.2]), variant="normalized")
    np.testing.assert_allclose(np.diag(npmi), 1.0)
    assert info.pointwise_mutual_information([[1.0]], variant="normalized").tolist() == [[1.0]]
    independent = np.outer([0.5, 0.5], [0.25, 0.75])
    assert np.abs(info.pointwise_mutual_information(independent)).max() < 1e-15


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(info.InfoscopeError, match="variant must be one of 'plain', 'normalized'"):
        info.pointwise_mutual_information(TABLE, variant="ppmi")
    with pytest.raises(info.InfoscopeError, match="negatives must be positive and finite; got 0"):
        info.pointwise_mutual_information(TABLE, negatives=0)
    with pytest.raises(info.InfoscopeError, match="negatives must be 1 for the variant 'normal"):
        info.pointwise_mutual_information(TABLE, variant="normalized", negatives=5)


def test_surprisal_of_logits_and_batches() -> None:
    z = np.log([[0.5, 0.25, 0.25]])
    got = info.surprisal(info.Logits(z), unit="bits")
    np.testing.assert_allclose(got, [[1, 2, 2]])
    assert math.isinf(info.surprisal([0.0, 1.0])[0])
    assert not np.signbit(info.surprisal(np.array([1.0])))[0]
