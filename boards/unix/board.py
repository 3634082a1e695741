"""The desk as a board: virtual CAN instead of a controller, the bench's frames instead of sensors and contactors.

Two clocks. In lockstep the bench's HIL_TICK, last frame of its tick, carries the time, and the tick is answered by what the
firmware sent, the estimates when they are new, HIL_ACTUATORS and, last, HIL_DONE with a CRC-32 over the decisions of the
integer lane; all of it leaves in one write. On its own clock the board ticks every 10 ms at absolute due times, counts the
late ones and sends no HIL_DONE. When the bench goes away wait() says so and the process ends.
"""

import binascii

from micropython import const

from boards.parts.bench_frames import (
    HilActuators,
    HilBleed,
    HilDone,
    HilProbeHysteresis,
    HilProbeSigma,
    HilProbeSoc,
)
from boards.parts.bench_front_end import BenchFrontEnd
from boards.parts.flash_file import FlashFile, STORE_BLOCK_bytes, STORE_bytes
from boards.unix import clock
from boards.unix.can import CAN
from boards.unix.transport import FOREVER_ms

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from bms.board import Mailbox, Storage
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack
    from boards.unix.transport import Transport

PERIOD_ms = const(10)
BITRATE = const(500000)
FRAMES_MAX = const(96)  # taken in a tick on its own clock: twice what 500 kbit/s can carry in 10 ms
FIRST_TICK_ms = const(2000)  # "auto" waits that long for a bench's clock
RUNAWAY_ms = const(1000)  # later than that the missed ticks are not made up for
FLUSH_TRIES = const(1000)  # of 1 ms

AUTO = const(0)
TICK = const(1)
OWN = const(2)
CLOCKS = ("auto", "tick", "own")

POWER_ON = const(1)
_FLAG_EXT_ID = const(2)


class Board:
    """bms.board.Board over a transport. `clock_name` is one of CLOCKS; ValueError for another. A simulated pack begins
    at rest, so `rested` is True unless somebody says that the firmware starts in the middle of something. `store`: the file
    that outlives the process; without one nothing does."""

    def __init__(
        self,
        pack: "Pack",
        transport: "Transport",
        clock_name: str = "auto",
        stored_soc_permille: int = -1,
        rested: bool = True,
        store: str = "",
    ) -> None:
        self._transport = transport
        self.storage: Storage | None = FlashFile(store, STORE_bytes, STORE_BLOCK_bytes) if store else None
        self._stored_soc_permille = stored_soc_permille
        self._rested = rested
        self._mode = CLOCKS.index(clock_name)
        self._can = CAN(1, BITRATE, transport=transport)
        self._front_end = BenchFrontEnd(pack)
        self._front_end.drain(self._can, 1)
        self._can.set_filters(None)
        self._actuators = HilActuators()
        self._bleeders = HilBleed()
        self._bleeds = False  # the bench has not been told yet
        self._soc = HilProbeSoc()
        self._sigma = HilProbeSigma()
        self._hysteresis = HilProbeHysteresis()
        self._done = HilDone()
        self._buffer = bytearray(8)
        self._now_ms = 0
        self._due_ms = clock.now_ms()
        self.benched = True
        self.late_ticks = 0
        self.worst_late_ms = 0

    def wait(self) -> bool:
        if self._mode == OWN:
            return self._wait_until_due()
        if self._mode == AUTO:
            self._due_ms = clock.later_ms(clock.now_ms(), FIRST_TICK_ms)
            self._more(FIRST_TICK_ms)
            return not self._transport.closed
        return self._more(FOREVER_ms)

    def _wait_until_due(self) -> bool:
        self._due_ms = clock.later_ms(self._due_ms, PERIOD_ms)
        late_ms = clock.since_ms(clock.now_ms(), self._due_ms)
        if late_ms > 0:
            self.late_ticks += 1
            if late_ms > self.worst_late_ms:
                self.worst_late_ms = late_ms
            if late_ms > RUNAWAY_ms:
                self._due_ms = clock.now_ms()
        while late_ms < 0:
            clock.sleep_ms(-late_ms)
            late_ms = clock.since_ms(clock.now_ms(), self._due_ms)
        return not self._transport.closed

    def _more(self, timeout_ms: int) -> bool:
        """True as soon as a frame waits; False: out of time, or the bench has gone."""
        transport = self._transport
        while not transport.fill():
            if transport.closed or not transport.wait(timeout_ms):
                return False
        return True

    def sample(self, snap: "Snapshot", mailbox: "Mailbox") -> int:
        front_end = self._front_end
        front_end.begin(snap, mailbox)
        if self._mode != OWN:
            front_end.drain(self._can, FRAMES_MAX)
            while not front_end.ticked and self._more(self._patience_ms()):
                front_end.drain(self._can, FRAMES_MAX)
            if front_end.ticked:
                self._mode = TICK
                self._now_ms = front_end.tick_ms
                return self._now_ms
            if self._mode == TICK:  # the bench has gone in mid-tick; wait() will say so
                return self._now_ms
            self._mode = OWN
            self._due_ms = clock.now_ms()
        else:
            front_end.drain(self._can, FRAMES_MAX)
        self._now_ms = clock.now_ms()
        return self._now_ms

    def _patience_ms(self) -> int:
        if self._mode == TICK:
            return FOREVER_ms
        left_ms = clock.since_ms(self._due_ms, clock.now_ms())
        return left_ms if left_ms > 0 else 0

    def contactors(self, mask: int, hold_percent: int) -> None:
        self._actuators.contactors = mask
        self._actuators.economiser_percent = hold_percent

    def thermal(self, heater_permille: int, cooler_permille: int) -> None:
        self._actuators.heater_permille = heater_permille
        self._actuators.cooler_permille = cooler_permille

    def bleed(self, groups: "array[int]") -> None:
        bleeders = self._bleeders
        if (
            bleeders.groups_0_15 != groups[0]
            or bleeders.groups_16_31 != groups[1]
            or bleeders.groups_32_47 != groups[2]
            or bleeders.groups_48_63 != groups[3]
        ):
            bleeders.groups_0_15 = groups[0]
            bleeders.groups_16_31 = groups[1]
            bleeders.groups_32_47 = groups[2]
            bleeders.groups_48_63 = groups[3]
            self._bleeds = True

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        can = self._can
        return can.sending and can.send(identifier, data, _FLAG_EXT_ID if extended else 0) is not None

    def can_state(self) -> int:
        return self._can.state()

    def can_restart(self) -> None:
        self._can.restart()

    def alive(self) -> None:
        self._actuators.watchdog = (self._actuators.watchdog + 1) & 0xFF

    def reset_cause(self) -> int:
        return POWER_ON

    def stored_soc_permille(self) -> int:
        return self._stored_soc_permille

    def rested(self) -> bool:
        return self._rested

    def finish(self, decisions: "array[int]", soc: float, sigma: float, hysteresis: float, fresh: bool) -> None:
        # The bench's own frames are wires, not traffic: they go past the controller and its state.
        if fresh:
            self._put_estimates(soc, sigma, hysteresis)
        self._actuators.pack(self._buffer)
        self._transport.put(HilActuators.ID, self._buffer)
        if self._bleeds:
            self._bleeds = False
            self._bleeders.pack(self._buffer)
            self._transport.put(HilBleed.ID, self._buffer)
        if self._mode == TICK:
            self._put_done(binascii.crc32(decisions))
            if not self._can.flush():
                self._flush_late()
        else:
            self._can.flush()

    def _flush_late(self) -> None:
        """A kernel queue was full: in lockstep the bench waits for all of it."""
        for _ in range(FLUSH_TRIES):
            clock.sleep_ms(1)
            if self._can.flush():
                return

    def _put_estimates(self, soc: float, sigma: float, hysteresis: float) -> None:
        self._soc.soc = soc
        self._soc.pack(self._buffer)
        self._transport.put(HilProbeSoc.ID, self._buffer)
        self._sigma.sigma = sigma
        self._sigma.pack(self._buffer)
        self._transport.put(HilProbeSigma.ID, self._buffer)
        self._hysteresis.hysteresis = hysteresis
        self._hysteresis.pack(self._buffer)
        self._transport.put(HilProbeHysteresis.ID, self._buffer)

    def _put_done(self, crc: int) -> None:
        done = self._done
        done.n = self._front_end.tick_n
        done.crc_low = crc & 0xFFFF
        done.crc_high = crc >> 16
        done.pack(self._buffer)
        self._transport.put(HilDone.ID, self._buffer)

    def close(self) -> None:
        """Lets go of the bus."""
        self._can.deinit()
        self._transport.close()
