"""One file per method for the conditional mutual information; the file's name is the method's."""
