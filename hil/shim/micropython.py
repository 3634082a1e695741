"""What CPython finds as `micropython`, so that it loads the very files which run on the target.

The folder of this file stands last on sys.path (`import hil` puts it there): a real module of that name wins.
Nothing here measures anything: CPython's heap cannot be locked, so locking only counts, as the target counts.
"""

import builtins
from collections.abc import Callable
from typing import Any, TypeVar

_Value = TypeVar("_Value")
_Function = TypeVar("_Function", bound=Callable[..., Any])

_heap_locks = 0
_level = 0


def const(value: _Value) -> _Value:
    """On the target the compiler puts the value in place of the name."""
    return value


def native(function: _Function) -> _Function:
    """On the target the function becomes machine code."""
    return function


def viper(function: _Function) -> _Function:
    """On the target the function becomes machine code with machine integers, which wrap."""
    return function


def heap_lock() -> None:
    """Counts one lock more."""
    global _heap_locks  # noqa: PLW0603  the interpreter has one heap
    _heap_locks += 1


def heap_unlock() -> int:
    """Counts one lock less and returns how many hold; to unlock an unlocked heap is the caller's error."""
    global _heap_locks  # noqa: PLW0603
    if _heap_locks == 0:
        raise RuntimeError("heap_unlock without heap_lock")
    _heap_locks -= 1
    return _heap_locks


def heap_locked() -> int:
    """How many locks hold."""
    return _heap_locks


def opt_level(level: int | None = None) -> int | None:
    """The target's compiler level: kept and returned, without effect."""
    global _level  # noqa: PLW0603
    if level is None:
        return _level
    _level = level
    return None


def alloc_emergency_exception_buf(size: int, /) -> None:
    """CPython needs no reserve to report an exception."""


def mem_info(verbose: object = None, /) -> None:
    """Prints nothing: the bytes of CPython say nothing about the target's."""


def _view(buffer: Any) -> Any:
    """What viper's pointer types are on a desk: the array itself, indexed the same way."""
    return buffer


for _name in ("ptr8", "ptr16", "ptr32"):
    setattr(builtins, _name, _view)
