"""The one error a user is meant to see."""


class BadInput(Exception):
    """One line that names file, line or field, value and reason. The command ends with 2 and shows no traceback."""
