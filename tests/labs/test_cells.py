"""The file format of labs: what is read, and what is refused in words."""

import pytest

from infoscope.core.errors import DataError
from infoscope.labs.cells import read_cells

HEAD = "# %% [markdown]\n# # A title\n#\n# What it is about.\n"
QUIZ = '# %% quiz="q"\n'
EXERCISE = (
    '# %% [markdown] exercise="six"\n# How many?\n# %% answer="six"\nsix = 6\n'
    '# %% check="six"\nassert six == 6\n'
)


def test_kinds_sources_lines_and_settings() -> None:
    text = (
        HEAD
        + "# %%\nx = 1\nx\n\n"
        + EXERCISE
        + '# %% [markdown] covers="S1 C9" explorer="kl?a=1"\n# Go.\n'
    )
    cells = read_cells(text, "lab")
    assert [cell.kind for cell in cells] == ["text", "code", "exercise", "answer", "check", "text"]
    assert cells[0].source == "# A title\n\nWhat it is about."
    assert cells[1].source == "x = 1\nx"
    assert text.splitlines()[cells[1].line - 1] == "x = 1"
    assert cells[-1].covers == ("S1", "C9")
    assert cells[-1].explorer == "kl?a=1"


def test_a_quiz_is_read_as_a_literal() -> None:
    quiz = '# %% quiz="q"\n{"ask": "1 + 1?", "options": ["1", "2"], "answer": 1, "why": "Count."}\n'
    (cell,) = [cell for cell in read_cells(HEAD + quiz, "lab") if cell.kind == "quiz"]
    assert cell.quiz.options[cell.quiz.answer] == "2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", "must begin with a text cell"),
        ("# %%\nx = 1\n", "must begin with a text cell"),
        (HEAD + '# %% colour="red"\n', "got '# %% colour=\"red\"'"),
        (HEAD + "# %% something\n", "line 5 of lab must hold"),
        (HEAD + '# %% answer="a" check="a"\n', "must hold"),
        (HEAD + '# %% exercise="a"\n', "must be a text cell"),
        (HEAD + '# %% [markdown] answer="a"\n', "must be a code cell"),
        (HEAD + EXERCISE + EXERCISE, "uses the exercise 'six' twice"),
        (HEAD + EXERCISE.replace('check="six"', 'check="seven"'), "must have one answer and one"),
        (HEAD + QUIZ + '{"ask": "?", "options": ["1"], "answer": 0, "why": "x"}\n', "two or more"),
        (HEAD + QUIZ + '{"ask": "?", "options": ["1", "2"], "answer": 2, "why": "x"}\n', "index"),
        (HEAD + '# %% quiz="q"\n{"ask": "?"}\n', "must be one dict"),
        (HEAD + '# %% quiz="q"\nopen("/etc/passwd")\n', "must be one dict"),
        (HEAD + '# %% quiz="q"\n{"ask": \n', "must be one dict"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(text: str, words: str) -> None:
    with pytest.raises(DataError) as error:
        read_cells(text, "lab")
    assert words in str(error.value)
