"""One file per method for the KL divergence; the file's name is the method's."""
