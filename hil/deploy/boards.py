"""The boards that can be deployed to: how one is told from another, what its MicroPython must be, which code it runs.

`march` is mpy-cross's name of the architecture of native code. A Cortex-M with a floating-point unit takes armv7emsp, also
where the unit knows doubles or the core is a Cortex-M33: MicroPython accepts every Thumb architecture up to its own
(py/persistentcode.h), and the calls of native code pass no floats in registers. `known_as` is how `sys.implementation._machine`
begins, letters and digits only. machine.CAN came with MicroPython 1.28 and machine.PWM on STM32 with 1.29; pyb.CAN and a CAN
controller of our own on SPI serve older firmware, but none before 1.26, in which `view[:] = x`, which a tick does, takes a
slice from the heap. A desk runs bytecode: it is fast enough, and native code of x86-64 is twice as long as Thumb's.
"""

from typing import NamedTuple

from hil.errors import BadInput

ARCHITECTURES = (  # in the order of MicroPython's own numbers
    *("", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc", "rv64imc"),
)
THUMB = ARCHITECTURES[4:9]
MPY_VERSION = (6, 3)


class Board(NamedTuple):
    """One row: a folder of boards/ and the microcontroller it is for."""

    name: str
    march: str
    platforms: tuple[str, ...]
    known_as: str
    oldest: tuple[int, int]
    native: bool  # code is compiled for the machine where its source asks for it
    in_flash: bool  # its RAM holds the firmware's data only: frozen, or a ROMFS image

    def takes(self, architecture: str) -> bool:
        """Whether a MicroPython of this architecture runs native code made for this board."""
        if self.march in THUMB and architecture in THUMB:
            return THUMB.index(architecture) >= THUMB.index(self.march)
        return architecture == self.march


BOARDS = (
    Board("nucleo_h723zg", "armv7emsp", ("pyboard",), "nucleoh723zg", (1, 29), True, False),
    Board("nucleo_g474re", "armv7emsp", ("pyboard",), "nucleog474re", (1, 29), True, True),
    Board("pybv11", "armv7emsp", ("pyboard",), "pybv11", (1, 26), True, True),
    Board("pico2_mcp2515", "armv7emsp", ("rp2",), "raspberrypipico2", (1, 26), True, False),
    Board("unix", "x64", ("linux", "darwin"), "", (1, 28), False, False),
)


def board_of(name: str) -> Board:
    """The row of that name. BadInput where there is none."""
    for board in BOARDS:
        if board.name == name:
            return board
    raise BadInput(f"board {name}: there is none of that name; there are {', '.join(board.name for board in BOARDS)}")
