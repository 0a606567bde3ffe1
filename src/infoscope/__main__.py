"""Run the command line as `python -m infoscope`."""

import sys

from infoscope.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
