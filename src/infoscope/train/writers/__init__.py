"""Writers that put the records of a `Monitor` where people look: each speaks one tool's own API."""

from __future__ import annotations

from infoscope.train.writers.mlflow import MlflowWriter
from infoscope.train.writers.tensorboard import TensorBoardWriter
from infoscope.train.writers.wandb import WandbWriter

__all__ = ["MlflowWriter", "TensorBoardWriter", "WandbWriter"]
