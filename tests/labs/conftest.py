"""The built-in language model, which one lab reads with."""

import pytest

from infoscope.language import install


@pytest.fixture(scope="session", autouse=True)
def built_in_model() -> None:
    install("smollm2")
