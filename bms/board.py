"""What a board must offer the firmware. A class with these methods is a board; hardware it lacks is a method that does nothing.

Stripped on the target: a board does not import or inherit this, mypy holds it to it. No method raises; what fails is a bit.
Times are ms of a clock that wraps at 2^30. Frame data is 8 bytes or what LENGTH of its message says.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array
    from typing import Protocol

    from bms.safety.snapshot import Snapshot

    class Mailbox(Protocol):
        """Where a board puts the frames that are not its own: bms.can.link."""

        def put(self, identifier: int, extended: bool, data: memoryview) -> None:
            """Takes one received frame before it returns; what is not for the firmware is counted and dropped."""

    class Storage(Protocol):
        """Memory that outlives a loss of power, in blocks of `block_bytes`, all that one erase clears; what is written is whole
        units of `unit_bytes` (a divisor of 128, or 256) and falls on bytes that read 0xFF since they were erased."""

        size_bytes: int
        block_bytes: int
        unit_bytes: int

        def read(self, at: int, buffer: bytearray) -> bool:
            """Fills the buffer. False: some of it could not be read."""

        def write(self, at: int, buffer: bytearray, n: int) -> bool:
            """The first n bytes of the buffer. False: not done, or not sure. It may go on while busy()."""

        def erase(self, block: int) -> bool:
            """Begins to make every byte of a block 0xFF. False: not done, or not sure. It may go on while busy()."""

        def busy(self) -> bool:
            """What was begun goes on. Asked once a round: memory that has no erase of its own does a piece of it here."""

    class Board(Protocol):
        """One microcontroller with its sensors, contactors and CAN controller. `benched`: finish() wants to be called.
        `storage`: where the journal is; None: there is none, and nothing outlives a loss of power."""

        benched: bool
        storage: "Storage | None"

        def wait(self) -> bool:
            """Sleeps until the next tick is due (10 ms after the last was due). False: there will be none."""

        def sample(self, snap: Snapshot, mailbox: Mailbox) -> int:
            """Drains chips and the CAN controller once. Fills `snap` in place (values, age 0, reasons, fresh_bits and
            bad_bits, which it first clears) and hands other frames to `mailbox`. Returns now_ms of this tick."""

        def contactors(self, mask: int, hold_percent: int) -> None:
            """Drives the coils: bits NEGATIVE, PRECHARGE, POSITIVE, AUXILIARY of bms.safety.snapshot; `hold_percent` is
            the duty of the economiser, 100 while a coil pulls in."""

        def thermal(self, heater_permille: int, cooler_permille: int) -> None:
            """Drives heater and cooler of the pack, 0 to 1000 of what they can; one that is not fitted is a method that
            does nothing."""

        def bleed(self, groups: array[int]) -> None:
            """Switches the bleeders: one word of 16 bits for every 16 groups, lowest first, a bit a group."""

        def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
            """Queues one frame, with an identifier of 11 bits or, `extended`, of 29. False: no room now, or the same
            identifier still waits."""

        def can_state(self) -> int:
            """STOPPED 0, ACTIVE 1, WARNING 2, PASSIVE 3, BUS_OFF 4, as machine.CAN has them."""

        def can_restart(self) -> None:
            """Leaves bus-off."""

        def alive(self) -> None:
            """Feeds the watchdog. Called at one place only, once a tick, when the tick is known to be whole."""

        def reset_cause(self) -> int:
            """0 unknown, 1 power on, 2 hard, 3 watchdog, 4 sleep, 5 soft."""

        def stored_soc_permille(self) -> int:
            """State of charge as a bench says that it was when the controller last ran, however long ago; -1 where nobody says,
            and what the storage has counts."""

        def rested(self) -> bool:
            """True when the pack is known to have rested before this start until its overvoltages were gone, some ten
            minutes: by a clock that ran on, or by what the last run stored. Not known is False."""

        def finish(self, decisions: "array[int]", soc: float, sigma: float, hysteresis: float, fresh: bool) -> None:
            """End of the tick. A bench wants the bytes of the integer lane's decisions and, when `fresh`, the estimates;
            hardware on its own does nothing."""
