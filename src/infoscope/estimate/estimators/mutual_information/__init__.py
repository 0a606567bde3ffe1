"""One file per method for the mutual information; the file's name is the method's."""
