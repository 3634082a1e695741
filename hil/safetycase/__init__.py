"""The safety case as a page: what must not happen, what looks for it, what was tested, what was found, what stays open."""

from hil.safetycase.command import safety_case_command

__all__ = ["safety_case_command"]
