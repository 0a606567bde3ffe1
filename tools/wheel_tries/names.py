"""Every public name loads, or says in one sentence which extra brings it: one not installed here.

Run as `python names.py EXTRA...` with the extras that are installed.
"""

import importlib
import re
import sys

import infoscope
from infoscope.core.errors import MissingExtra

here = {*sys.argv[1:]}
loaded = missing = 0
for pillar in infoscope._PILLARS:
    module = importlib.import_module(f"infoscope.{pillar}")
    for name in module.__all__:
        try:
            getattr(module, name)
            loaded += 1
        except MissingExtra as error:
            line = re.search(r"Run: .*pip install 'infoscope\[([\w,]+)\]'$", str(error))
            if line is None:
                raise AssertionError(f"{pillar}.{name} names no line: {error}") from error
            if {*line[1].split(",")} <= here:
                raise AssertionError(f"{pillar}.{name} asks for what is here: {error}") from error
            missing += 1
assert loaded > 200, loaded
sys.stdout.write(f"{loaded} public names, {missing} of extras that are not here\n")
