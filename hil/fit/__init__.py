"""Identifies a cell from logs of a cycler."""
