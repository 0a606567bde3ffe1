"""Floor 2: joint distributions whose mutual information is known, each with a sampler.

For tests of estimators, benchmarks, labs and anyone who has an estimator to check: `tasks` lists
them, `find_task` takes one by name.
"""

from infoscope.known.catalogue import find_task, tasks
from infoscope.known.chains import MarkovChain
from infoscope.known.problem import Task

__all__ = ["MarkovChain", "Task", "find_task", "tasks"]
