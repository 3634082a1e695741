"""Decides how files come to be written: all or none, never half of one, and none over another that is in use.

A link stays and what it names is written. What exists and is no regular file (a device, a pipe), and what the
system's own links name (/dev/stdout), is written through, never replaced. Whatever fails is an OSError that
names the path as it was given.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def twins(paths: Sequence[Path]) -> tuple[Path, Path] | None:
    """The first two that are one file, whatever they are called."""
    for n, path in enumerate(paths):
        for other in paths[:n]:
            if path == other or _same(other, path):
                return other, path
    return None


def _same(a: Path, b: Path) -> bool:
    if a.exists():
        return a.is_file() and b.is_file() and a.samefile(b)
    return not b.exists() and os.path.realpath(a) == os.path.realpath(b)


def _is_through(path: Path) -> bool:
    by_system = path.is_symlink() and os.path.realpath(path.parent).startswith(("/dev", "/proc/"))
    return path.exists() and (by_system or not path.is_file())


def write(wanted: dict[Path, bytes]) -> None:
    drafts: dict[Path, tuple[Path, Path]] = {}  # what is replaced, and by what
    try:
        for path, content in wanted.items():
            if path.is_dir():
                raise OSError(errno.EISDIR, "is a folder")
            if not _is_through(path):
                target = Path(os.path.realpath(path))
                if target.is_symlink():
                    raise OSError(errno.ELOOP, "is a link to itself")
                draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
                drafts[path] = target, draft
                draft.write_bytes(content)
        for path, content in wanted.items():
            if path not in drafts:
                with path.open("ab") as opened:  # standard output may be the end of a file with more in it
                    opened.write(content)
        for path in wanted:
            if path in drafts:
                target, draft = drafts[path]
                draft.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror or type(error).__name__, str(path)) from error
    finally:
        for _, draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
