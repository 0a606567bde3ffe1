"""`Ratio`: a log density ratio r(x_i, y_j) that can be evaluated for any pair of rows, on demand.

Every model of the package has one of three forms, so that one kernel serves them all:

    bilinear  row_i + column_j + left_i . right_j
    mixture   row_i + column_j + log sum_k exp(left_ki . right_kj)
    student   row_i + column_j - power log(1 + left_i . right_j / df)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.method import Floats

__all__ = ["CAP", "Form", "Ratio", "bound_of_square", "donsker_varadhan", "independent"]

Form = Literal["bilinear", "mixture", "student"]
Rows = NDArray[np.intp]

#: A log ratio beyond this (nats) is a model out of its depth: exp(40) outweighs any sample.
CAP = 40.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """The log ratio of n rows of x with n rows of y.

    Parameters
    ----------
    form : {"bilinear", "mixture", "student"}
    row, column : float64 arrays of shape (n,)
    left, right : float64 arrays of shape (n_components, n, n_features)
    df, power : float
        Of the Student form only.
    """

    form: Form
    row: Floats
    column: Floats
    left: Floats
    right: Floats
    df: float = 1.0
    power: float = 0.0

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.row.size

    def block(self, start: int, stop: int) -> Floats:
        """Return r of the rows start .. stop - 1 with all columns, within +- `CAP`; (m, n)."""
        products = self.left[:, start:stop] @ self.right.transpose(0, 2, 1)  # (k, m, n)
        values = self._of(products)
        values += self.row[start:stop, None]
        values += self.column
        return np.clip(values, -CAP, CAP, out=values)

    def of_pairs(self, i: Rows, j: Rows) -> Floats:
        """Return r(x_i, y_j) for arrays of rows, without `CAP`."""
        return self.row[i] + self.column[j] + self.inner(i, j)

    def inner(self, i: Rows, j: Rows) -> Floats:
        """Return r(x_i, y_j) without `row` and `column`: all that re-pairing sees of it."""
        return self._of(np.einsum("knf,knf->kn", self.left[:, i], self.right[:, j]))

    def take(self, rows: Rows) -> Ratio:
        """Return the ratio among some of the rows."""
        return replace(
            self,
            row=self.row[rows],
            column=self.column[rows],
            left=np.ascontiguousarray(self.left[:, rows]),
            right=np.ascontiguousarray(self.right[:, rows]),
        )

    def narrow(self) -> Ratio:
        """Return the ratio in single precision, for blocks of many rows."""
        parts = (self.row, self.column, self.left, self.right)
        row, column, left, right = (part.astype(np.float32) for part in parts)
        return replace(self, row=row, column=column, left=left, right=right)

    def _of(self, products: Floats) -> Floats:
        """Return the form's function of the products; the first axis are the components."""
        if self.form == "bilinear":
            return products[0]
        if self.form == "student":
            return -self.power * np.log1p(products[0] / self.df)
        top = products.max(axis=0)
        products -= top
        total = np.exp(products, out=products).sum(axis=0)
        return np.log(total, out=total) + top


def independent(n: int) -> Ratio:
    """Return the log ratio of independence, 0."""
    zero = np.zeros(n)
    return Ratio("bilinear", zero, zero, np.zeros((1, n, 1)), np.zeros((1, n, 1)))


def bound_of_square(values: Floats) -> float:
    """Return the Donsker-Varadhan value of a square of log ratios, seen pairs on the diagonal."""
    n = values.shape[0]
    capped = np.clip(values, -CAP, CAP)
    own = np.diagonal(capped)
    others = float(np.exp(capped).sum() - np.exp(own).sum())
    return float(own.mean() - np.log(others / (n * (n - 1))))


def donsker_varadhan(ratio: Ratio) -> float:
    """Return mean r(x_i, y_i) - log mean over i != j of exp r(x_i, y_j), a lower bound of I(X;Y).

    Of a model fitted on other rows it is an honest bound in expectation (but for the bias of the
    logarithm of a mean).

    Source: Donsker & Varadhan, Asymptotic evaluation of certain Markov process expectations (1983).
    """
    n, size = ratio.n, 512
    own, total = 0.0, 0.0
    for start in range(0, n, size):
        stop = min(start + size, n)
        block = ratio.block(start, stop)
        diagonal = np.diagonal(block, offset=start)
        own += float(diagonal.sum())
        of_others = -float(np.exp(diagonal - CAP).sum())
        block -= CAP
        total += float(np.exp(block, out=block).sum()) + of_others
    return own / n - (float(np.log(total / (n * (n - 1)))) + CAP)
