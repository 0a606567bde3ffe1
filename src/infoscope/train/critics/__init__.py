"""Bounds on mutual information by trained critics, one method a file, offered to `estimate`."""
