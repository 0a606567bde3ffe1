"""One file per method for the entropy rate; the file's name is the method's."""
