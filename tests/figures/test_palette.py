"""The palette holds WCAG AA in light and dark, on every step of every scale."""

import itertools

import pytest

from infoscope.figures.palette import COLOURS, DIVERGING, N_LEVELS, RAMPS, ROLES, contrast, ink_on
from infoscope.figures.style import standalone_style, stylesheet

STEPS = [(name, side, level) for name in RAMPS for side in (0, 1) for level in range(N_LEVELS)]


@pytest.mark.parametrize("name, side, level", STEPS)
def test_text_on_every_step_meets_aa(name, side, level):
    colour = RAMPS[name][side][level]
    assert contrast(colour, ink_on(colour)) >= 4.5


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("ink", ["ink", "soft", "accent", "second", "third", "fourth"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_words_on_paper_and_cards_meet_aa(side, ink, ground):
    assert contrast(COLOURS[ink][side], COLOURS[ground][side]) >= 4.5


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("mark", ["axis", "focus", "accent"])
def test_lines_that_carry_meaning_meet_three_to_one(side, mark):
    assert contrast(COLOURS[mark][side], COLOURS["paper"][side]) >= 3.0


@pytest.mark.parametrize("side", [0, 1])
def test_token_boxes_in_tables_meet_aa(side):
    assert contrast(COLOURS["ink"][side], COLOURS["faint"][side]) >= 4.5


@pytest.mark.parametrize("name", sorted(set(RAMPS) - DIVERGING))
@pytest.mark.parametrize("side", [0, 1])
def test_steps_grow_away_from_the_paper_one_by_one(name, side):
    paper = COLOURS["paper"][side]
    distances = [contrast(colour, paper) for colour in RAMPS[name][side]]
    assert distances == sorted(distances)
    assert all(b / a > 1.1 for a, b in itertools.pairwise(distances))


def test_contrast_of_a_published_pair():
    # #767676 on white is the well-known lightest grey that passes AA: 4.54
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_every_colour_named_by_a_role_exists_and_every_role_has_a_rule():
    for role, settings in ROLES.items():
        for key in ("fill", "stroke"):
            assert settings.get(key, "ink") in COLOURS
        assert f".isc-{role}{{" in standalone_style()


def test_styles_load_nothing_and_know_both_themes():
    for css in (standalone_style(), stylesheet()):
        assert "http" not in css
        assert "url(" not in css
        assert "@import" not in css
        assert "prefers-color-scheme:dark" in css
        assert css.count("{") == css.count("}")
    assert 'data-theme="dark"' in stylesheet()


@pytest.mark.parametrize("name", sorted(DIVERGING))
@pytest.mark.parametrize("side", [0, 1])
def test_both_arms_of_a_diverging_scale_grow_away_from_its_middle(name, side):
    colours, middle = RAMPS[name][side], N_LEVELS // 2
    for arm in (colours[middle::-1], colours[middle:]):
        distances = [contrast(colour, colours[middle]) for colour in arm]
        assert all(b / a > 1.15 for a, b in itertools.pairwise(distances))
    ends = [contrast(colour, colours[middle]) for colour in (colours[0], colours[-1])]
    assert max(ends) / min(ends) < 1.35


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("role", ["gain", "loss", "block", "set-1", "set-2", "set-3"])
def test_words_on_tinted_areas_meet_aa(side, role):
    share = float(ROLES[role]["opacity"])
    tint, paper = COLOURS[ROLES[role]["fill"]][side], COLOURS["paper"][side]
    mixed = "#" + "".join(
        f"{round(share * int(tint[i : i + 2], 16) + (1 - share) * int(paper[i : i + 2], 16)):02x}"
        for i in (1, 3, 5)
    )
    assert contrast(COLOURS["ink"][side], mixed) >= 4.5
