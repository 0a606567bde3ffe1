"""The picture on the first page."""

from infoscope.figures import Html
from pictures import texts


def opening() -> Html:
    """A sentence, letter by letter."""
    return texts.letters()
