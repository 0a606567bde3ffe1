"""`Joint`: a joint table whose variables have names, and answer expressions such as I("X;Y|Z")."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, cast

from infoscope.core.arrays import (
    Array,
    as_array,
    check_axis,
    is_readable,
    namespace,
    plain,
    together,
)
from infoscope.core.distribution import Masses, check_probabilities, tolerance
from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures.expressions import Expression, parse, split_names
from infoscope.measures.joint_tables import combine, combine_entropies, read_table

if TYPE_CHECKING:
    from infoscope.figures import Figure

__all__ = ["Joint", "push"]


class Joint(Shown):
    """A joint distribution of named variables.

    Parameters
    ----------
    table : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; one axis for each variable.
    names : sequence of str, or str
        One name for each axis, in order. A string is split at commas, or into its letters:
        "weather,mood" or "XY". Names may be long, and hold no ``,`` ``;`` or ``|``.

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values, or does not sum to one.
    InvalidArgument
        If names are missing, too many, doubled or hold a separator.

    Notes
    -----
    In an expression, commas join variables, ``;`` parts groups and ``|`` conditions; names of one
    letter may be run together ("XY|Z"). Repeating a variable is harmless: I("X;X") = H(X).

    Source
    ------
    Yeung, A new outlook on Shannon's information measures (1991), for sets and information.

    Examples
    --------
    >>> parity = Joint([[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]], "XYZ")
    >>> parity.I("X;Y", unit="bits"), parity.I("X;Y|Z", unit="bits"), parity.H("Z|X,Y")
    (0.0, 1.0, 0.0)
    """

    __slots__ = ("_masses", "names")

    def __init__(self, table: object, names: Sequence[str] | str) -> None:
        masses = read_table(table, "Joint", least=1, argument="table")
        self.names: tuple[str, ...] = _check_names(names, masses.probabilities.ndim)
        self._masses = masses

    def __reduce__(self) -> tuple[type[Joint], tuple[Array, tuple[str, ...]]]:
        return Joint, (self.table, self.names)  # the masses know their module, which has no pickle

    @property
    def table(self) -> Array:
        """The probabilities, one axis for each name."""
        return self._masses.probabilities

    def __repr__(self) -> str:
        sizes = zip(self.names, self.table.shape, strict=True)
        return f"Joint({', '.join(f'{name}: {size}' for name, size in sizes)})"

    def H(self, expression: str, *, unit: Unit = "nats") -> Array:  # noqa: N802  the textbook's H
        """Return the entropy of variables, given others: "X,Y" or "X|Y,Z".

        Returns a float (or zero-dimensional array) in `unit`, 0 or more.
        """
        check_unit(unit, "Joint.H")
        parsed = parse(expression, self.names, "Joint.H")
        if len(parsed.groups) != 1:
            raise InvalidArgument(
                sentence(
                    "Joint.H",
                    "expression",
                    "be one group of variables",
                    repr(expression),
                    "Entropy joins variables by commas; I('X;Y') is mutual information.",
                )
            )
        return plain(from_nats(self._evaluate(parsed), unit))

    def I(self, expression: str, *, unit: Unit = "nats") -> Array:  # noqa: E743, N802
        """Return the mutual information of groups, given others: "X;Y" or "X,W;Y|Z".

        Three groups or more, "X;Y;Z", give co-information: the middle of the Venn diagram,
        I(X;Y) - I(X;Y|Z), negative for synergy. Returns a float (or zero-dimensional array) in
        `unit`; with two groups it is 0 or more.
        """
        check_unit(unit, "Joint.I")
        parsed = parse(expression, self.names, "Joint.I")
        if len(parsed.groups) < 2:
            raise InvalidArgument(
                sentence(
                    "Joint.I",
                    "expression",
                    "hold two groups of variables, parted by ';'",
                    repr(expression),
                    "Entropy of one group is H('X').",
                )
            )
        return plain(from_nats(self._evaluate(parsed), unit))

    def marginal(self, names: str) -> Joint:
        """Return the joint table of some variables, in the order named: "XY" or "X,Y"."""
        wanted = split_names(_string(names, "Joint.marginal"), self.names, "Joint.marginal")
        if len(set(wanted)) != len(wanted):
            raise InvalidArgument(
                sentence("Joint.marginal", "names", "name each variable once", repr(names))
            )
        xp = self._masses.xp
        axes = [self.names.index(name) for name in wanted]
        rest = tuple(axis for axis in range(self.table.ndim) if axis not in axes)
        table = xp.sum(self.table, axis=rest) if rest else self.table
        kept = sorted(axes)
        order = tuple(kept.index(axis) for axis in axes)
        return self._same(xp.permute_dims(table, order), wanted)

    def venn(self, *, unit: Unit = "nats") -> dict[str, Array]:
        """Return the regions of the information diagram of two or three variables.

        Keys are the expressions of the regions, "H(X|Y,Z)", "I(X;Y|Z)", "I(X;Y;Z)"; together they
        add up to the joint entropy. Only the middle of three may be negative.
        """
        check_unit(unit, "Joint.venn")
        n = len(self.names)
        if n not in (2, 3):
            raise InvalidArgument(
                sentence(
                    "Joint.venn",
                    "table",
                    "have two or three variables",
                    n,
                    "Take a marginal first: J.marginal('X,Y,Z').venn().",
                )
            )
        regions: dict[str, Array] = {}
        for size in range(1, n + 1):
            for inside in combinations(self.names, size):
                outside = tuple(name for name in self.names if name not in inside)
                region = Expression(tuple((name,) for name in inside), outside)
                value = plain(from_nats(self._evaluate(region), unit))
                regions[_written(region)] = value
        return regions

    def figure(self) -> Figure | None:
        """Draw the variables: columns for one, circles for two or three, a heat map for more.

        Amounts are in bits; None beyond twelve variables.
        """
        from infoscope.measures.pictures import draw_joint

        return draw_joint(self)

    def chain_rule(self, order: str | None = None, *, unit: Unit = "nats") -> dict[str, Array]:
        """Return the terms H(X), H(Y|X), H(Z|X,Y), ... that add up to the joint entropy.

        `order` lists variables ("Z,X,Y"), all or some; the table's own order by default. Of some,
        the terms add up to the joint entropy of those.
        """
        check_unit(unit, "Joint.chain_rule")
        names = self.names
        if order is not None:
            text = _string(order, "Joint.chain_rule")
            names = split_names(text, self.names, "Joint.chain_rule")
            if len(set(names)) != len(names):
                raise InvalidArgument(
                    sentence("Joint.chain_rule", "order", "name each variable once", repr(order))
                )
        terms: dict[str, Array] = {}
        for i, name in enumerate(names):
            term = Expression(((name,),), names[:i])
            terms[_written(term)] = plain(from_nats(self._evaluate(term), unit))
        return terms

    def push(self, variable: str, channel: object, name: str) -> Joint:
        """Return this table with one more variable: what comes out when `variable` is sent.

        `channel[i, j]` is the probability of output j for the i-th value of `variable`. The output
        depends on nothing else, so no variable can know more of it than of what was sent: the
        data-processing inequality.
        """
        if variable not in self.names:
            known = ", ".join(self.names)
            raise UnknownName(
                sentence("Joint.push", "variable", f"be one of {known}", repr(variable))
            )
        axis = self.names.index(variable)
        table, rows = _table_and_channel(self.table, channel, axis, "Joint.push")
        xp = namespace(table)
        moved = (axis, *(i for i in range(table.ndim) if i != axis))
        joined = xp.permute_dims(table, moved)[..., None] * xp.reshape(
            rows, (rows.shape[0], *(1,) * (table.ndim - 1), rows.shape[1])
        )
        back = tuple(moved.index(i) for i in range(table.ndim))
        names = _check_names((*self.names, name), table.ndim + 1)
        return self._same(xp.permute_dims(joined, (*back, table.ndim)), names)

    def _same(self, table: Array, names: Sequence[str]) -> Joint:
        """Return a Joint made from this one, which needs no second check."""
        new = Joint.__new__(Joint)
        new.names = tuple(names)
        new._masses = Masses(self._masses.xp, table)
        return new

    def _evaluate(self, expression: Expression) -> Array:
        """Inclusion and exclusion over the groups: I(A;B|C) = H(AC) + H(BC) - H(ABC) - H(C)."""
        axes = {name: axis for axis, name in enumerate(self.names)}
        given = [axes[name] for name in expression.given]
        n = len(expression.groups)
        terms: list[tuple[list[int], float]] = []
        for size in range(n + 1):
            for chosen in combinations(expression.groups, size):
                union = [*given, *(axes[name] for group in chosen for name in group)]
                terms.append((union, (-1) ** (size + 1)))
        needed = sorted({axis for union, _ in terms for axis in union})
        rest = tuple(axis for axis in range(self.table.ndim) if axis not in needed)
        masses = self._masses
        if rest:  # work on the smallest table that holds the answer
            masses = Masses(masses.xp, masses.xp.sum(self.table, axis=rest))
        place = {axis: i for i, axis in enumerate(needed)}
        small = combine(([place[axis] for axis in union], count) for union, count in terms)
        return combine_entropies(masses, small)


def push(joint: object, channel: object, *, axis: int = -1) -> Array:
    """Send one variable of a joint table through a channel; the output takes its place.

    p(x, z) = sum_y p(x, y) W(z | y)

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    channel : array of shape (k_axis, k_out)
        Row i holds the output probabilities for value i of the variable; each row sums to one.
    axis : int, default -1
        The variable that is sent.

    Returns
    -------
    array of shape (k0, ..., k_out, ...)
        The new joint table.

    Raises
    ------
    NotADistribution
        If the table, or a row of the channel, is no distribution.
    InvalidArgument
        If the channel has not one row for each value of the variable.

    Notes
    -----
    No channel adds information: I(X;Z) <= I(X;Y). To keep the variable as well: `Joint.push`.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 2.8.1.

    Examples
    --------
    >>> push([[0.5, 0.0], [0.0, 0.5]], [[0.75, 0.25], [0.25, 0.75]]).tolist()
    [[0.375, 0.125], [0.125, 0.375]]
    """
    masses = read_table(joint, "push")
    table = masses.probabilities
    at = check_axis(axis, table.ndim, function="push", argument="joint") % table.ndim
    table, rows = _table_and_channel(table, channel, at, "push")
    xp = namespace(table)
    others = tuple(i for i in range(table.ndim) if i != at)
    sent = xp.matmul(xp.permute_dims(table, (*others, at)), rows)
    last = table.ndim - 1
    back = (*range(at), last, *range(at, last))
    return xp.permute_dims(sent, back)


def _table_and_channel(
    table: Array, channel: object, axis: int, function: str
) -> tuple[Array, Array]:
    raw = as_array(channel, function=function, argument="channel")
    _, (table, rows) = together([table, raw], function=function)
    size = table.shape[axis]
    if rows.ndim != 2 or rows.shape[0] != size:
        raise InvalidArgument(
            sentence(
                function,
                "channel",
                f"have {size} rows, one for each value that is sent",
                f"shape {tuple(rows.shape)}",
                "Row i holds the output probabilities for value i.",
            )
        )
    if is_readable(rows):
        check_probabilities(
            rows, axis=-1, within=tolerance(raw), function=function, argument="channel"
        )
    return table, rows


def _check_names(names: Sequence[str] | str, ndim: int) -> tuple[str, ...]:
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")] if "," in names or ndim == 1 else names
    if not hasattr(names, "__iter__"):
        raise WrongType(sentence("Joint", "names", "be strings", repr(names)))
    listed = tuple(names)
    if not all(isinstance(cast(object, name), str) for name in listed):
        raise WrongType(sentence("Joint", "names", "be strings", repr(listed)))
    if len(listed) != ndim:
        raise InvalidArgument(
            sentence("Joint", "names", f"name each of {ndim} axes", f"{len(listed)} names")
        )
    for name in listed:
        if not name or name != name.strip() or any(mark in name for mark in ",;|"):
            raise InvalidArgument(
                sentence("Joint", "names", "hold no ',', ';', '|' or outer spaces", repr(name))
            )
    if len(set(listed)) != len(listed):
        raise InvalidArgument(sentence("Joint", "names", "differ from each other", list(listed)))
    return listed


def _string(text: object, function: str) -> str:
    if not isinstance(text, str):
        raise WrongType(
            sentence(function, "names", "be a string such as 'X,Y'", type(text).__name__)
        )
    return text


def _written(expression: Expression) -> str:
    """Return the expression as people write it: H(X|Y), I(X;Y|Z)."""
    letter = "H" if len(expression.groups) == 1 else "I"
    groups = ";".join(",".join(group) for group in expression.groups)
    given = f"|{','.join(expression.given)}" if expression.given else ""
    return f"{letter}({groups}{given})"
