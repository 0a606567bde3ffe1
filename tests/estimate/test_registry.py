"""The plug-in door: a file, or another package's entry point; and what happens to a broken one."""

import subprocess
import sys
from pathlib import Path

import pytest

import infoscope.estimate as est
from infoscope.core import plugins
from infoscope.core.errors import UnknownName
from infoscope.estimate.registry import QUANTITIES, find_method, known_methods
from infoscope.testing import check_estimator_method

METHOD = """
from infoscope.estimate.method import DISCRETE, Raw, Spec

SPEC = Spec(quantity="entropy", name="ours", kinds=DISCRETE, assumes="nothing", cost="1",
            source="a test", options={"value": 1.0})

def run(x, *, rng, value):
    return Raw(nats=value, stderr=0.5, notes=(f"{x.n_levels} symbols",))
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package installed beside ours, with an entry point."""
    (tmp_path / "other_package.py").write_text(METHOD)
    info = tmp_path / "other_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[infoscope.estimators]\nentropy.ours = other_package\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins._entry_points.cache_clear()
    yield tmp_path
    sys.modules.pop("other_package", None)
    plugins._entry_points.cache_clear()


def test_an_entry_point_is_a_method_like_any_other(package: Path) -> None:
    assert "ours" in known_methods("entropy")
    e = est.entropy(["a", "b"], method="ours", value=2.0)
    assert (e.value, e.method, e.notes) == (2.0, "ours", ("2 symbols",))
    assert e.interval is not None
    assert e.interval.high == pytest.approx(2.0 + 1.959964 * 0.5)
    assert "ours" in str(est.methods("entropy"))
    joint = est.mutual_information(["a", "b"], ["c", "d"], method="ours")  # 1 + 1 - 1
    assert joint.value == 1.0


def test_an_outside_package_can_run_our_checks_on_its_method(package: Path) -> None:
    check_estimator_method("entropy.ours")
    (package / "other_package.py").write_text(METHOD.replace("stderr=0.5", "stderr=x.codes[0]"))
    sys.modules.pop("other_package", None)
    with pytest.raises(AssertionError, match="standard errors in two orders of rows"):
        check_estimator_method("entropy.ours")


def test_an_entry_point_cannot_replace_a_method_of_ours(package: Path) -> None:
    points = package / "other_package-1.0.dist-info" / "entry_points.txt"
    points.write_text("[infoscope.estimators]\nentropy.plugin = other_package\n")
    plugins._entry_points.cache_clear()
    assert find_method("entropy", "plugin", function="test").spec.source.startswith("Miller")


def test_a_module_that_breaks_the_contract_is_named(package: Path) -> None:
    (package / "other_package.py").write_text("SPEC = None\n")
    with pytest.raises(TypeError, match="other_package must define SPEC"):
        find_method("entropy", "ours", function="test")


def test_a_module_found_under_a_wrong_name_is_named(package: Path) -> None:
    points = package / "other_package-1.0.dist-info" / "entry_points.txt"
    points.write_text("[infoscope.estimators]\nentropy_rate.theirs = other_package\n")
    plugins._entry_points.cache_clear()
    with pytest.raises(TypeError, match=r"entropy_rate\.theirs, its SPEC entropy\.ours"):
        find_method("entropy_rate", "theirs", function="test")


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_file_keeps_the_contract(quantity: str) -> None:
    for name in known_methods(quantity):
        spec = find_method(quantity, name, function="test").spec
        assert (spec.quantity, spec.name) == (quantity, name)


def test_labels_need_no_compiler() -> None:
    code = (
        "import sys, infoscope.estimate as e; e.entropy([1, 2, 2]); "
        "e.mutual_information([1, 2, 1, 2], ['a', 'b', 'a', 'a']); e.entropy_rate('abracadabra'); "
        "e.mutual_information([1, 2, 1, 2], ['a', 'b', 'a', 'a'], method='nsb'); "
        "print([m for m in ('numba', 'narwhals', 'pandas', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unknown_quantities_and_methods_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'entropy_rate'"):
        est.methods("entropy_rates")
    with pytest.raises(UnknownName, match="Did you mean 'nsb'"):
        est.entropy([1, 2, 2], method="nbs")
    with pytest.raises(UnknownName, match="be a name; got 3"):
        est.entropy([1, 2, 2], method=3)
