"""The list of all tasks, and the way to one by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from scipy.special import ndtr

from infoscope.core.errors import UnknownName, sentence
from infoscope.core.plugins import near_match
from infoscope.known import chains, copulas, gaussians, labels, maps, mixtures, noise, shapes
from infoscope.known.problem import Floats, Task, transformed
from infoscope.known.students import student_task

__all__ = ["find_task", "tasks"]

COLLECTIONS = ("published", "mixture", "new", "labels", "chain")


def tasks(collection: str | None = None, *, group: str | None = None) -> tuple[Task, ...]:
    """Return the tasks of a collection, of a group, or all.

    I(X;Y) of each is known in closed form or by quadrature

    Parameters
    ----------
    collection : str, optional
        "published" (the 40 of Beyond Normal), "mixture" (X, AI, galaxy, waves, concentric,
        inliers), "new" (families of this library), "labels" (labels, ties, numbers with labels),
        "chain" (successive states).
    group : str, optional
        Such as "one-dimensional", "student" or "copula".

    Returns
    -------
    tuple of Task
        In a fixed order.

    Raises
    ------
    UnknownName
        If there is no such collection or group.

    Notes
    -----
    Truths are computed when first asked for; all together take about a second.

    Source
    ------
    Czyż, Grabowski, Vogt, Beerenwinkel & Marx, Beyond Normal: On the Evaluation of Mutual
    Information Estimators (2023), for the published ones; each task names its own.

    Examples
    --------
    >>> len(tasks("published"))
    40
    >>> [task.name for task in tasks(group="mixture")][:2]
    ['1v1-X-0.9', '1v1-AI']
    """
    if collection is not None and collection not in COLLECTIONS:
        raise UnknownName(
            sentence(
                "known.tasks", "collection", f"be one of {', '.join(COLLECTIONS)}",
                repr(collection), near_match(str(collection), COLLECTIONS),
            )
        )  # fmt: skip
    groups = tuple(dict.fromkeys(task.group for task in _all()))
    if group is not None and group not in groups:
        raise UnknownName(
            sentence(
                "known.tasks", "group", f"be one of {', '.join(groups)}", repr(group),
                near_match(str(group), groups),
            )
        )  # fmt: skip
    return tuple(
        task
        for task in _all()
        if collection in (None, task.collection) and group in (None, task.group)
    )


def find_task(name: str) -> Task:
    """Return the task of this name.

    I(X;Y) of it is `find_task(name).mutual_information`, in nats

    Parameters
    ----------
    name : str
        As in ``[task.name for task in tasks()]``.

    Returns
    -------
    Task

    Raises
    ------
    UnknownName
        If there is none; the message names the nearest.

    Notes
    -----
    Names of published tasks are those of the paper's own software.

    Source
    ------
    As `tasks`.

    Examples
    --------
    >>> find_task("1v1-additive-0.75").mutual_information == 1 / 3
    True
    """
    known = {task.name: task for task in _all()}
    if name not in known:
        advice = near_match(str(name), tuple(known)) or "known.tasks() lists them."
        raise UnknownName(
            sentence("known.find_task", "name", "be a task's name", repr(name), advice)
        )
    return known[name]


@cache
def _all() -> tuple[Task, ...]:
    """Return every task; names must differ."""
    found = (*_published(), *_mixtures(), *_new(), *_labels(), *_chains())
    names = [task.name for task in found]
    assert len(names) == len(set(names))
    return found


def _student(dim: int, df: int, group: str = "student") -> Task:
    name = f"student-identity-{dim}-{dim}-{df}"
    return student_task(name, np.eye(2 * dim), dim, df, group=group)


def _by_column(task: Task, prefix: str, column_map: Callable[[Floats], Floats]) -> Task:
    return transformed(task, prefix, column_map, column_map)


def _wound(task: Task) -> Task:
    """Wind x in its columns 0 and 1 and y in its columns 1 and 2, by |x|^2 / d radians."""
    speed = 1.0 / task.dims[0]
    return transformed(
        task, "spiral", lambda x: maps.spiral(x, 0, 1, speed), lambda y: maps.spiral(y, 1, 2, speed)
    )


def _published() -> list[Task]:
    normal = gaussians.bivariate_normal(0.75)
    uniform = _by_column(normal, "normal_cdf", ndtr)
    cauchy = _student(1, 1, "one-dimensional")
    sparse = {dim: gaussians.sparse_normal(dim) for dim in (2, 3, 5, 25)}
    one = [
        normal,
        uniform,
        noise.uniform_noise(0.1),
        noise.uniform_noise(0.75),
        transformed(normal, "", maps.bimodal_x, maps.bimodal_y, name="1v1-bimodal-0.75"),
        transformed(normal, "wiggly", maps.wiggly_x, maps.wiggly_y),
        _by_column(normal, "half_cube", maps.half_cube),
        cauchy,
        _by_column(cauchy, "asinh", np.arcsinh),
        transformed(uniform, "swissroll_x", maps.swiss_roll, dims=(2, 1)),
    ]
    dense = [gaussians.dense_normal(dim) for dim in (2, 3, 5, 25, 50)]
    sizes = ((2, 1), (2, 2), (3, 2), (3, 3), (5, 2), (5, 3))
    students = [_student(dim, df) for dim, df in sizes]
    warped = [sparse[dim] for dim in (3, 5, 25)]
    cdfs = [_by_column(task, "normal_cdf", ndtr) for task in warped]
    return [
        *one,
        *dense,
        *sparse.values(),
        *students,
        *cdfs,
        *(_by_column(task, "half_cube", maps.half_cube) for task in warped),
        *(_wound(task) for task in (*warped, *cdfs)),
        *(_by_column(_student(d, df), "asinh", np.arcsinh) for d, df in ((2, 1), (3, 2), (5, 2))),
    ]


def _mixtures() -> list[Task]:
    return [
        mixtures.crossed(),
        mixtures.ai(),
        mixtures.galaxy(),
        mixtures.waves(),
        mixtures.concentric(),
        mixtures.inliers(),
    ]


def _new() -> list[Task]:
    own = {"collection": "new", "source": "this library"}
    clayton, frank, gumbel = copulas.clayton(2.0), copulas.frank(6.0), copulas.gumbel(2.0)
    scatter = 0.5 * np.eye(6) + 0.5
    sparse3, sparse5 = gaussians.sparse_normal(3), gaussians.sparse_normal(5)
    warped = {"collection": "new", "group": "transform"}
    student = student_task("student-dense-3-3-3", scatter, 3, 3.0, group="heavy", collection="new")
    return [
        clayton,
        frank,
        gumbel,
        copulas.repeated(clayton, 2),
        copulas.repeated(frank, 3),
        copulas.with_noise_columns(clayton, 3, 11),
        copulas.with_noise_columns(frank, 2, 13),
        transformed(
            sparse3, "rotated-cube", lambda x: maps.rotated_cube(x, 1),
            lambda y: maps.rotated_cube(y, 2), **warped,
        ),
        transformed(
            sparse5, "rotated-sinh", lambda x: maps.rotated_sinh(x, 3),
            lambda y: maps.rotated_sinh(y, 4), **warped,
        ),
        transformed(
            sparse3, "sheared", lambda x: maps.shear(x, 0.5), lambda y: maps.shear(y, 0.5),
            **warped,
        ),
        transformed(sparse5, "bent", lambda x: maps.shear(x, 0.3), None, **warped),
        noise.laplace_noise(0.5, 3),
        noise.student_noise(2.0, 0.5, 3),
        noise.uniform_noise(0.75, 2, turned=True, group="noise", collection="new"),
        noise.uniform_noise(0.5, 3, group="noise", collection="new"),
        student,
        transformed(student, "cubed", lambda x: x**3, lambda y: y**3),
        student_task("student-identity-10-10-5", np.eye(20), 10, 5.0, group="heavy", **own),
        shapes.common_scale(3, 3.0),
        shapes.circles(3.0, double=False),
        shapes.circles(3.0, double=True),
        shapes.checkerboard(4, 1),
        _rings(),
        gaussians.dense_normal(5, 0.1, group="weak", **own),
        gaussians.dense_normal(15, 0.05, group="weak", **own),
        _null(2, 2),
        _null(5, 5),
        _null(20, 5),
        noise.noisy_product(0.5),
        noise.noisy_radius(3, 1.0),
        noise.noisy_wave(2, 1.5, 0.5),
        gaussians.linear_signal(8, 2, 1.0, 21),
        gaussians.linear_signal(15, 3, 1.0, 22),
        gaussians.linear_signal(30, 2, 0.5, 23),
    ]  # fmt: skip


def _rings() -> Task:
    """Return a concentric mixture with fewer dimensions and more rings than the published one."""
    return replace(mixtures.concentric(2, 5), collection="new", group="shape")


def _null(dim_x: int, dim_y: int) -> Task:
    name = f"independent-{dim_x}-{dim_y}"
    covariance = np.eye(dim_x + dim_y)
    covariance[:dim_x, :dim_x] += 0.5
    return gaussians.normal_task(
        name, covariance, dim_x, group="null", collection="new", source="this library"
    )


def _labels() -> list[Task]:
    independent = np.outer([0.5, 0.3, 0.2], [0.7, 0.2, 0.1])
    channel = np.array([[0.45, 0.05], [0.05, 0.45]])
    return [
        labels.table_task("binary-symmetric-0.1", channel),
        labels.table_task("independent-labels-3-3", independent),
        labels.zipf_pair(20, 1.0, 0.3),
        labels.zipf_pair(100, 1.0, 0.2),
        labels.rounded_normals(0.6, 0.5),
        labels.rounded_normals(0.0, 1.0),
        labels.label_and_normal([0.0, 1.0, 3.0]),
        labels.label_and_uniform(5),
        labels.zero_inflated_poisson(0.15),
        labels.masked_normals(0.8, 0.3),
        labels.atoms_and_numbers(0.8, 0.9),
    ]


def _chains() -> list[Task]:
    weather = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.4, 0.5]]
    return [
        chains.chain_task("chain-sticky-2", [[0.9, 0.1], [0.1, 0.9]]),
        chains.chain_task("chain-weather-3", weather),
        chains.chain_task("chain-fair-2", [[0.5, 0.5], [0.5, 0.5]]),
    ]
