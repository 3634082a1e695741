"""A board on a slcan adapter, without either: a pseudo-terminal that speaks the adapter's lines, MicroPython behind it.

python -m hil.benches.slcan_adapter PACK [--clock own] ... prints the terminal's path, and ends when whoever opened it goes
away. Opening the channel switches the board on: boards.unix starts then, on a loopback connection, with the options given.
Lines as in the manual of LAWICEL's CAN232 (version 3): O and C open and close, S0 to S8 choose a bit rate, t and T carry a
frame (r and R: a remote one), V and N say who this is; a bell refuses. What is not simulated: bits, arbitration, error frames,
the rate of the serial line. What the terminal has no room for is lost, as with a real one, and counted.
"""

import contextlib
import os
import select
import socket
import struct
import sys
import termios
import tty
from typing import Any

from hil.targets.process import Firmware, find_micropython

OK, BELL = b"\r", b"\a"
EXTENDED, REMOTE = 0x8000_0000, 0x4000_0000
BITRATES = "012345678"
_FRAME = struct.Struct("<IB3x8s")
_LINE_MAX = 64


class Adapter:
    """The lines' side: bytes of the terminal in, answers and frames out. `opened` once the channel has been."""

    def __init__(self) -> None:
        self.open = False
        self.opened = False
        self._line = bytearray()

    def hear(self, data: bytes) -> tuple[bytes, bytes]:
        """What came from the terminal: (answers to it, 16-byte frames for the bus)."""
        answers, frames = bytearray(), bytearray()
        for byte in data:
            if byte != OK[0]:
                self._line.append(byte)
                if len(self._line) > _LINE_MAX:
                    self._line.clear()
                    answers += BELL
                continue
            line = self._line.decode("latin-1")
            self._line.clear()
            if line[:1] and line[0] in "tTrR":
                frame = frame_of(line) if self.open else b""
                frames += frame
                answers += (b"z\r" if line[0] in "tr" else b"Z\r") if frame else BELL
            else:
                answers += self._order(line)
        return bytes(answers), bytes(frames)

    def _order(self, line: str) -> bytes:
        if line == "O" and not self.open:
            self.open = self.opened = True
        elif line == "C" and self.open:
            self.open = False
        elif line in ("V", "N"):
            return {"V": b"V1013", "N": b"N0000"}[line] + OK
        elif line and not (len(line) == 2 and line[0] == "S" and line[1] in BITRATES and not self.open):
            return BELL
        return OK


def frame_of(line: str) -> bytes:
    """16 bytes of a line like t1002AABB; none of one that is no frame."""
    digits = 8 if line[0] in "TR" else 3
    remote = line[0] in "rR"
    try:
        word, length = int(line[1 : 1 + digits], 16), int(line[1 + digits])
        data = bytes.fromhex(line[2 + digits :])
    except (ValueError, IndexError):
        return b""
    if length > 8 or len(data) != (0 if remote else length) or word >= (1 << 29 if digits == 8 else 1 << 11):
        return b""
    return _FRAME.pack(word | (EXTENDED if digits == 8 else 0) | (REMOTE if remote else 0), length, data)


def line_of(frame: bytes) -> bytes:
    """The line of 16 bytes."""
    word, length, data = _FRAME.unpack(frame)
    kind, digits = ("R" if word & REMOTE else "T", 8) if word & EXTENDED else ("r" if word & REMOTE else "t", 3)
    hexed = "" if word & REMOTE else data[:length].hex().upper()
    return f"{kind}{word & 0x1FFF_FFFF:0{digits}X}{length}{hexed}\r".encode()


def serve(pack: str, options: list[str]) -> int:
    """Until the terminal is let go. Returns how many frames found no room in it."""
    master, slave = os.openpty()
    tty.setraw(slave, termios.TCSANOW)
    os.set_blocking(master, False)
    print(os.ttyname(slave), flush=True)
    adapter, lost = Adapter(), 0
    board: Firmware | None = None
    link: socket.socket | None = None
    rest = b""
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, master)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        while True:
            waited: list[Any] = [master, listener, *([link] if link is not None else [])]
            ready = select.select(waited, [], [])[0]
            if listener in ready:
                link = stack.enter_context(listener.accept()[0])
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if link is not None and link in ready:
                got = link.recv(4096)
                if not got:
                    return lost
                rest += got
                whole = len(rest) & ~15
                for at in range(0, whole if adapter.open else 0, 16):
                    lost += not _write(master, line_of(rest[at : at + 16]))
                rest = rest[whole:]
            if master in ready:
                try:
                    heard = os.read(master, 4096)
                except OSError:  # nobody holds the other end any more
                    return lost
                if slave >= 0:  # from now on only theirs keeps it
                    os.close(slave)
                    slave = -1
                answers, frames = adapter.hear(heard)
                if answers:
                    _write(master, answers)
                if adapter.opened and board is None:
                    bus = f"tcp:127.0.0.1:{listener.getsockname()[1]}"
                    words = ["--pack", pack, "--can", bus, *options]
                    board = Firmware(find_micropython(), words, "boards.unix", None)
                    stack.callback(board.close)
                if link is not None and frames:
                    link.sendall(frames)


def _write(terminal: int, data: bytes) -> bool:
    try:
        return os.write(terminal, data) == len(data)
    except BlockingIOError:
        return False


if __name__ == "__main__":
    print(f"{serve(sys.argv[1], sys.argv[2:])} frames lost", flush=True)
