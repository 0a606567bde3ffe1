"""Floor 6: the command line. Results go to stdout, progress and notes to stderr."""
