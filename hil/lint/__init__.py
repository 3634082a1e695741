"""The linter: what is wrong with a cell or a pack, and what its sensors can never show. Every loader runs it.

An error is a record the firmware must not start with; a note is something true that a user should know.
"""

from hil.lint.check import check_cell, check_pack
from hil.lint.command import check_command
from hil.lint.findings import ERROR, NOTE, Finding, errors, notes

__all__ = ["ERROR", "NOTE", "Finding", "check_cell", "check_command", "check_pack", "errors", "notes"]
