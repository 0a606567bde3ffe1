"""Floor 5: worked labs in teaching order: plain Python files of cells, run, checked, rendered."""

from infoscope.labs.checking import LabCheck, blank_lab, check_lab
from infoscope.labs.lab import Lab, all_labs, find_lab, read_lab
from infoscope.labs.mode import is_full, recorded
from infoscope.labs.running import LabRun, run_lab

__all__ = [
    "Lab",
    "LabCheck",
    "LabRun",
    "all_labs",
    "blank_lab",
    "check_lab",
    "find_lab",
    "is_full",
    "read_lab",
    "recorded",
    "run_lab",
]
