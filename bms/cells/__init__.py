"""Data: one file per cell."""
