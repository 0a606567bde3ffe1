"""One file per method for the Jensen-Shannon divergence; the file's name is the method's."""
