"""One file per method for the entropy; the file's name is the method's."""
