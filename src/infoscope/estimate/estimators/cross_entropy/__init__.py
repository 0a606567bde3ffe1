"""One file per method for the cross entropy; the file's name is the method's."""
