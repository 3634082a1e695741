"""The firmware inside this interpreter: fastest, and where a debugger or a coverage tool can look.

Without a bus the frames go through plain buffers. With one, bench and firmware each open the same python-can channel.
"""

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bms.schema import PACK_FIELDS, Pack, charge_map, replaced
from boards.unix.board import Board
from boards.unix.transport import FOREVER_ms, MemoryTransport
from hil.errors import BadInput, one_line
from hil.load import load_pack
from hil.targets.base import PATIENCE_s, Target, TargetDied, ends_with_done
from hil.targets.canbus import CanBus

if TYPE_CHECKING:
    from boards.unix.transport import Transport


class CanBusTransport(MemoryTransport):
    """The firmware's end of a python-can bus."""

    def __init__(self, bus: CanBus) -> None:
        super().__init__()
        self._bus = bus

    def wait(self, timeout_ms: int) -> bool:
        timeout_s = PATIENCE_s if timeout_ms == FOREVER_ms else timeout_ms / 1000
        frame = self._bus.receive_frame(timeout_s)
        if frame is not None:
            self.deliver(frame)
        return frame is not None

    def fill(self) -> int:
        while not self.rx_count - self.rx_head and self.wait(0):
            pass
        return super().fill()

    def flush(self) -> bool:
        super().flush()
        self._bus.send(self.collect(), PATIENCE_s)
        return True

    def close(self) -> None:
        super().close()
        self._bus.close()


class CPythonTarget(Target):
    """bms.app.App on the unix board, ticked by exchange(). `make_app(pack, board)` may stand in for it."""

    def __init__(
        self,
        pack_name: str,
        map_name: str | None = None,
        stored_soc_permille: int | None = None,
        bus: str | None = None,
        make_app: Callable[[Pack, Board], Any] | None = None,
    ) -> None:
        super().__init__()
        self._pack = load_pack(pack_name)
        if map_name is not None:
            self._pack = replaced(Pack, PACK_FIELDS, self._pack, charge_map=map_name)
            try:
                charge_map(self._pack)
            except KeyError as error:
                raise BadInput(f"charge map {map_name}: the cell of {pack_name} has none of that name") from error
        self._stored_soc_permille = -1 if stored_soc_permille is None else stored_soc_permille
        self._bus_name = bus
        self.takes_error_frames = bus is None
        self._make_app = make_app
        self._bus: CanBus | None = None
        self._board: Board | None = None
        self._froze = False
        self._memory = MemoryTransport()
        self.app: Any = None

    def start(self) -> None:
        transport: Transport = self._memory
        if self._bus_name is not None:
            self._bus = CanBus(self._bus_name)
            transport = CanBusTransport(CanBus(self._bus_name))
        self._board = Board(self._pack, transport, "tick", self._stored_soc_permille)
        make_app = self._make_app or _the_firmware()
        try:
            self.app = make_app(self._pack, self._board)
        except Exception as error:
            raise TargetDied(f"the firmware did not start: {one_line(error)}") from error
        # The firmware collects garbage in a slot of its own. It is to walk through its own objects, as on the target, and
        # not through all that the bench has imported. Who has set the bench aside already need not do so again.
        gc.collect()
        self._froze = gc.get_freeze_count() < len(gc.get_objects())
        if self._froze:
            gc.freeze()

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        board = self._board
        if board is None:
            raise TargetDied("the firmware is not running")
        if self._bus is None:
            self._memory.deliver(frames)
            self._memory.deliver(self.tick_frame(n, now_ms))
        else:
            self._bus.send(frames, PATIENCE_s)
            self._bus.send(self.tick_frame(n, now_ms), PATIENCE_s)
        try:
            if not board.wait():
                raise TargetDied(f"tick {n} did not reach the firmware")
            self.app.tick()
        except TargetDied:
            raise
        except Exception as error:
            self._board = None
            raise TargetDied(f"the firmware died in tick {n}: {one_line(error)}") from error
        answer = self._memory.collect() if self._bus is None else self._received(n)
        if not ends_with_done(answer, len(answer)):
            raise TargetDied(f"the firmware gave no HIL_DONE for tick {n}")
        return self.answer(n, answer)

    def _received(self, n: int) -> bytes:
        assert self._bus is not None
        answer = bytearray()
        while not answer or not ends_with_done(answer, len(answer)):
            frame = self._bus.receive_frame(PATIENCE_s)
            if frame is None:
                raise TargetDied(f"the firmware gave no HIL_DONE for tick {n} within {PATIENCE_s:g} s")
            answer += frame
        return bytes(answer)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()
            self._board = None
        if self._froze:
            self._froze = False
            gc.unfreeze()
        if self._bus is not None:
            self._bus.close()
            self._bus = None


def _the_firmware() -> Callable[[Pack, Board], Any]:
    from bms.app import App

    return App
