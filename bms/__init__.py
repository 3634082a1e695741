"""The firmware. The same files run on MicroPython and on CPython; no hardware, no CPython-only module.

What a module here starts with where it needs names for its types alone (MicroPython has no `typing`):

    from micropython import const

    TYPE_CHECKING = const(False)
    if TYPE_CHECKING:
        from typing import Protocol

        from bms.board import Board

The target's compiler strips the block, CPython skips it, and mypy takes the name TYPE_CHECKING as true
whatever its value. CPython does evaluate annotations, so a name from the block stands in quotes ("Board");
builtins need none (int | None). MicroPython has no `__future__`. A class that derives from such a name, a
Protocol say, stands whole inside the block.
"""
