"""Floor 2: probability forecasts that keep their word: scored, taken apart, drawn and mended."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.calibrate.binary_maps import BetaMap, PlattMap, fit_beta, fit_platt
from infoscope.calibrate.calibration_errors import (
    expected_calibration_error,
    squared_calibration_error,
)
from infoscope.calibrate.calibration_tests import CalibrationTest, calibration_test
from infoscope.calibrate.class_maps import ClassMap, fit_matrix_scaling, fit_vector_scaling
from infoscope.calibrate.decomposition import decompose
from infoscope.calibrate.decomposition_result import Decomposition
from infoscope.calibrate.monotone_maps import IsotonicMap, fit_isotonic
from infoscope.calibrate.regression_forecasts import (
    crps_normal,
    crps_quantiles,
    crps_samples,
    pit_uniformity,
    pit_values,
)
from infoscope.calibrate.reliability_curve import Reliability, reliability
from infoscope.calibrate.scores import (
    brier_score,
    example_scores,
    log_score,
    mean_score,
    spherical_score,
)
from infoscope.calibrate.smooth_errors import kernel_calibration_error, smooth_calibration_error
from infoscope.calibrate.temperature import TemperatureFit, fit_temperature
from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.calibrate.estimators import RecalibratedClassifier

__all__ = [
    "BetaMap",
    "CalibrationTest",
    "ClassMap",
    "Decomposition",
    "IsotonicMap",
    "PlattMap",
    "RecalibratedClassifier",
    "Reliability",
    "TemperatureFit",
    "brier_score",
    "calibration_test",
    "crps_normal",
    "crps_quantiles",
    "crps_samples",
    "decompose",
    "example_scores",
    "expected_calibration_error",
    "fit_beta",
    "fit_isotonic",
    "fit_matrix_scaling",
    "fit_platt",
    "fit_temperature",
    "fit_vector_scaling",
    "kernel_calibration_error",
    "log_score",
    "mean_score",
    "pit_uniformity",
    "pit_values",
    "reliability",
    "smooth_calibration_error",
    "spherical_score",
    "squared_calibration_error",
]


def __getattr__(name: str) -> Any:
    if name != "RecalibratedClassifier":
        raise AttributeError(f"module 'infoscope.calibrate' has no attribute {name!r}")
    require("sklearn", extra="sklearn", purpose="RecalibratedClassifier")
    return importlib.import_module("infoscope.calibrate.estimators").RecalibratedClassifier
