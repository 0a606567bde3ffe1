import numpy as np

from infoscope.tables.significance import draws_allowed, random_table_p_value


def test_an_impossible_association_uses_all_draws():
    # only one table in 20! / (2!^10 * ...) is as extreme: never met in 999 draws
    p, draws = random_table_p_value(np.diag(np.full(10, 2)), seed=1)
    assert (p, draws) == (1 / 1000, 999)


def test_a_table_at_the_centre_stops_at_twenty():
    p, draws = random_table_p_value(np.array([[3, 3, 3], [3, 3, 3]]), seed=1)
    assert (p, draws) == (1.0, 20)


def test_many_tests_are_allowed_finer_p_values_where_tables_are_cheap():
    assert draws_allowed(1, 10) == 999
    assert draws_allowed(105, 40) == 42_000
    assert draws_allowed(10_000, 40) == 99_999
    assert draws_allowed(105, 100_000) == 999
