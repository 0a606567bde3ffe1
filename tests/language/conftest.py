"""The built-in model, installed once if it is not, and shared by the tests of this folder."""

import pytest

from infoscope.language import LanguageModel, install, load


@pytest.fixture(scope="session")
def smollm2() -> LanguageModel:
    install("smollm2")
    return load("smollm2")
