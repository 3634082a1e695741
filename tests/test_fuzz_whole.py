"""Whole frames, as autosar-e2e protects them, are obeyed in their order only; a babbler can do what silence does."""

import os
from collections import Counter
from random import Random
from typing import Any

import e2e.p05
import pytest

from bms.app import App
from bms.packs import bench_24
from bms.safety import faults as F
from bms.safety import machine as M
from bms.schema import Pack
from tests.e2e_standard import BLIND, OK, OK_SOME_LOST, RUN, TIMED_OUT, Standard
from tests.fake_board import DRIVE, OPEN, COMMAND_ms
from tests.hearsay import decided
from tests.noise import RECEIVED, noise
from tests.noisy_board import NoisyBoard

FACTOR = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "night" else 1


def closed(pack: Pack) -> tuple[App, NoisyBoard]:
    """A pack that drives, its vehicle's command in nobody's hand from now on."""
    board = NoisyBoard(pack)
    app = App(pack, board)
    for tick in range(150):
        board.request = DRIVE if tick > 20 else OPEN
        app.tick()
    assert app.machine.state == M.DRIVE
    board.command_silent = 1
    return app, board


def test_of_whole_commands_only_those_in_sequence_are_obeyed() -> None:
    """20 000 ticks of commands that autosar-e2e protects, counters and wishes at random, with runs of old ones behind them."""
    random = Random(15)
    pack = bench_24.PACK
    board = NoisyBoard(pack)
    board.command_silent = 1
    app = App(pack, board)
    oracle = Standard(RECEIVED[0], pack.command_deadline_ms, COMMAND_ms)
    wish, reset_was, counter = M.WISH_NOTHING, 1, 0
    said, chatter = Counter[str](), 0.0
    for tick in range(20_000 * FACTOR):
        if tick % 50 == 0:
            chatter = random.choice((0.0, 0.1, 0.5))
        newest, pressed, counters = -1, reset_was, []
        if random.random() < chatter:
            step = random.choices((1, 2, 6, 0, 7, random.randrange(256)), (60, 5, 5, 10, 10, 10))[0]
            counter += step
            oldest = counter - random.randrange(BLIND)
            counters = [counter, *range(oldest, oldest + random.randrange(-RUN, RUN + 1))]
        for one in counters:
            data = bytearray((0, 0, one & 0xFF, random.randrange(16), *random.randbytes(4)))
            e2e.p05.e2e_p05_protect(data, RECEIVED[0], increment_counter=False)
            board.command(app.link, data)
            if oracle.frame(bytes(data)):
                newest, pressed = data[3] & 7, data[3] >> 3 & 1
            said[oracle.status] += 1
        wish = newest if 0 <= newest <= M.WISH_SERVICE else wish
        reset, reset_was = pressed == 1 and reset_was == 0, pressed
        oracle.tick(10)
        if oracle.status == TIMED_OUT:
            wish, reset_was = M.WISH_NOTHING, 1
            said[TIMED_OUT] += 1
        app.tick()
        assert (app.link.wish, app.link.reset) == (wish, reset)
    assert min(said[word] for word in ("none", OK, OK_SOME_LOST, "repeated", "wrong_sequence", TIMED_OUT)) > 100 * FACTOR


class Recording(NoisyBoard):
    """Keeps every command that asks to drive."""

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack)
        self.drives: list[bytearray] = []

    def _put(self, mailbox: Any, identifier: int, data: bytearray, flip_bit: int) -> None:
        super()._put(mailbox, identifier, data, flip_bit)
        if identifier == RECEIVED[0] and data[3] & 7 == DRIVE:
            self.drives.append(data[:])


@pytest.mark.parametrize("run", range(2, RUN + 1))
@pytest.mark.parametrize("at_once", [True, False])
def test_old_commands_to_drive_behind_each_that_says_open_never_close_a_contactor(run: int, at_once: bool) -> None:
    """A gateway has kept those of the last drive and lets go of them, `run` at a time, until the counter's blind spot."""
    pack = bench_24.PACK
    board = Recording(pack)
    app = App(pack, board)
    for tick in range(350):
        board.request = DRIVE if 20 < tick <= 150 else OPEN
        app.tick()
        assert tick <= 250 or not board.coils
    drives = board.drives[:]
    assert len(drives) > 20 and app.machine.state == M.STANDBY
    turn = COMMAND_ms // board.tick_ms
    played = 0
    periods = BLIND - 350 // turn
    for n in range(periods * turn):
        app.tick()
        k = n % turn
        if k < run:
            for _ in range(run if at_once and not k else 0 if at_once else 1):
                board.command(app.link, drives[played % len(drives)])
                played += 1
        assert not board.coils
        assert app.link.wish == M.WISH_OPEN
    assert played == periods * run
    assert app.link.command_check.errors == played, "each of them is out of sequence"
    assert board.drives == drives
    assert app.monitor.severity < F.TRIP_AFTER_RAMP


WRONG = ("spoilt", "backwards", "skipping", "frozen", "extended", "long", "short", "of_another")


@pytest.mark.parametrize("how", WRONG)
def test_a_babbler_of_the_commands_identifier_cannot_close_or_reset_anything(how: str) -> None:
    """It speaks in every tick where the vehicle has fallen silent; out of sequence, all it can do is what silence does."""
    pack = bench_24.PACK
    random = Random(16)
    app, board = closed(pack)
    silent, silent_board = closed(pack)
    counter = 150 * board.tick_ms // COMMAND_ms  # as the last that was heard
    for _ in range(300):
        counter += {"backwards": -1, "skipping": random.choice((7, 8)), "frozen": 0}.get(how, 1)
        data = bytearray((0, 0, counter & 0xFF, DRIVE | 8 * random.getrandbits(1), 0, 0, 0, 0))
        e2e.p05.e2e_p05_protect(data, RECEIVED[how == "of_another"], increment_counter=False)
        if how == "spoilt":
            data[random.randrange(8)] ^= 1 << random.randrange(8)
        if how == "long":
            data += random.randbytes(random.randint(1, 56))
        board.command(app.link, data[:7] if how == "short" else data, how == "extended")
        app.tick()
        silent.tick()
        assert decided(app.record()).tobytes() == decided(silent.record()).tobytes()
    assert not silent_board.coils
    assert not board.coils


def test_commands_overtaken_by_spoilt_ones_in_every_tick_are_as_good_as_none_or_as_good_as_ever() -> None:
    """The last frame of an identifier may stand for its tick, or each may be looked at: nothing in between."""
    pack = bench_24.PACK
    one = noise(17, 3_000)
    one.frames["word"] = RECEIVED[0]
    one.frames["length"] = 8
    twins = [closed(pack) for _ in range(3)]
    (noisy, board), (silent, _), (_, loud_board) = twins
    board.command_silent = loud_board.command_silent = 0
    board.noise_behind = True
    traces: list[list[bytes]] = [[], [], []]
    for tick in range(300):
        board.noise[:] = one.part(10 * tick, 10 * tick + 10)
        board.noise_frames = 10
        for trace, (app, _) in zip(traces, twins):
            app.tick()
            trace.append(decided(app.record()).tobytes())
    assert traces[0] in (traces[1], traces[2])
    assert not noisy.lane_failed and silent.machine.state != M.DRIVE
