"""Data: one file per pack."""
