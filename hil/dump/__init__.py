"""Traffic in words: a candump log or a live bus, decoded with any DBC, to the terminal or as CSV."""

from hil.dump.command import dump_command

__all__ = ["dump_command"]
