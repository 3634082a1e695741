"""Where the lines go: to standard output as they come, or to a file that is there whole or not at all.

A name in .gz is gzipped. A disk that is full, a folder that is missing: BadInput.
"""

import contextlib
import gzip
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from hil.errors import BadInput


@contextlib.contextmanager
def outlet(path: str | None) -> Iterator[TextIO]:
    """Text to write to. None or - is standard output."""
    if path is None or path == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without the degree sign still shows the rest
        yield sys.stdout
        sys.stdout.flush()
        return
    place = Path(path)
    special = place.exists() and not place.is_file()  # a pipe, /dev/null: nothing to rename over
    beside = place if special else place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as raw:
            binary = gzip.GzipFile("", "wb", 6, raw, 0) if path.endswith(".gz") else raw
            with io.TextIOWrapper(binary, encoding="utf-8", newline="") as text:
                yield text
        if not special:
            os.replace(beside, place)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if not special:
            beside.unlink(missing_ok=True)


def let_go() -> None:
    """Standard output leads nowhere from now on, so that nothing complains when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
