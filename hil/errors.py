"""The one error a user is meant to see, and any other in one line."""


class BadInput(Exception):
    """One line that names file, line or field, value and reason. The command ends with 2 and shows no traceback."""


def one_line(error: Exception) -> str:
    """What an error says behind its name, or its name alone."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
