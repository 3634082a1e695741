"""The ledger counts the swings that the reference package counts, prices them by the declared law, and outlives a reboot."""

import csv
import gzip
import random
import struct
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rainflow
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.can import frames as W
from bms.control import cycles as C
from bms.control.cycles import DEPTH, Cycles, TURN_ddegC
from bms.packs import aero_96, bench_24, ev_240
from bms.safety.snapshot import Snapshot
from bms.schema import PACK_FIELDS, Pack, replaced
from bms.store.record import CRC_START, crc30, read_word, write_words
from tests.fake_board import FakeBoard
from tests.flash import Flash
from tests.small_int import SmallInt

PACK = bench_24.PACK
THERMAL = PACK.thermal
MEASURED = Path(__file__).resolve().parent.parent / "hil/measured/nmc_swept_temperature.csv.gz"
Swings = Counter[int]  # range in ddegC -> half swings

temperatures = st.integers(-500, 1000)
steps = st.one_of(st.integers(-30, 30), st.integers(-400, 400))


def lived(pack: Pack, **changes: Any) -> Pack:
    """The pack with another law."""
    return replaced(Pack, PACK_FIELDS, pack, thermal=pack.thermal._replace(**changes))


class Told(Cycles):
    """Writes down what is counted."""

    def __init__(self, pack: Pack = PACK) -> None:
        super().__init__(pack)
        self.swings: Swings = Counter()

    def _count(self, at: int, swing_ddegC: int, halves: int) -> None:
        self.swings[swing_ddegC] += halves
        super()._count(at, swing_ddegC, halves)

    def live(self, trace: Sequence[int], stack: int = 0) -> None:
        """Every temperature, and as long as it takes to count what it makes."""
        for t in trace:
            while self.take(stack, t):
                pass

    def unpaired(self, stack: int = 0) -> list[int]:
        """Turning points that wait for their partners, and the extreme since."""
        row = self.rows[39 * stack : 39 * stack + 39]
        return [*row[7 : 7 + row[0]], *([row[1]] if row[2] else [])]


def counted(trace: Sequence[int]) -> Swings:
    """What the package counts."""
    found: Swings = Counter()
    for swing, _, count, _, _ in rainflow.extract_cycles(trace):
        if swing:
            found[int(swing)] += int(2 * count)
    return found


def turns(trace: Sequence[int], least: int = TURN_ddegC) -> list[int]:
    """The trace without what comes back before it has gone so far: ends of the reaches that are longer."""
    kept = [trace[0]]
    for t in trace[1:]:
        if len(kept) > 1 and (t - kept[-1]) * (kept[-1] - kept[-2]) > 0:
            kept[-1] = t
        elif abs(t - kept[-1]) >= least:
            kept.append(t)
    return kept


def walk(start: int, by: Sequence[int]) -> list[int]:
    trace = [start]
    for step in by:
        trace.append(max(-500, min(1000, trace[-1] + step)))
    return trace


@given(start=temperatures, by=st.lists(steps, max_size=150))
def test_swings_paired_and_unpaired_are_those_of_the_reference_package(start: int, by: list[int]) -> None:
    ledger, trace = Told(), walk(start, by)
    ledger.live(trace)
    assert ledger.swings + counted(ledger.unpaired()) == counted(turns(trace))
    assert ledger.half_swings(0) == ledger.swings.total()


@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_random_temperatures_are_counted_as_the_reference_package_counts_them(seed: int) -> None:
    dice = random.Random(seed)
    trace = walk(250, [dice.randint(-60, 60) for _ in range(3000)])
    ledger = Told()
    ledger.live(trace)
    assert ledger.swings + counted(ledger.unpaired()) == counted(turns(trace))
    assert ledger.swings.total() > 500


def test_a_measured_temperature_is_counted_as_the_reference_package_counts_it() -> None:
    """26 to 40 degC in hours of driving: as logged, and four times as far, so that there is something to count."""
    if not MEASURED.exists():
        pytest.skip(f"{MEASURED.name} is not here")
    with gzip.open(MEASURED, "rt", encoding="utf-8") as file:
        measured = [float(row["temp_degC"]) for row in csv.DictReader(file)]
    for times in (1, 4):
        trace = [round(10 * (25 + times * (t - 25))) for t in measured]
        ledger = Told()
        ledger.live(trace)
        assert ledger.swings + counted(ledger.unpaired()) == counted(turns(trace))
        assert ledger.largest_ddegC(0) >= max(trace) - min(trace) - 2 * TURN_ddegC
    assert ledger.swings.total() >= 2


@given(start=temperatures, by=st.lists(st.integers(1 - TURN_ddegC, TURN_ddegC - 1), max_size=40))
def test_what_does_not_leave_a_turn_s_width_is_no_swing(start: int, by: list[int]) -> None:
    ledger = Told()
    ledger.live([start, *(start + step for step in by)])
    assert (ledger.half_swings(0), ledger.damage_ppm(0), ledger.largest_ddegC(0)) == (0, 0, 0)


def test_a_turn_of_just_the_width_is_one() -> None:
    ledger = Told()
    ledger.live([250, 250 + TURN_ddegC, 250] * 3)
    assert ledger.swings == {TURN_ddegC: ledger.half_swings(0)} and ledger.half_swings(0) > 0


def law_ppm(pack: Pack, swings: Swings) -> Fraction:
    """Palmgren and Miner with the declared law, exactly."""
    t = pack.thermal
    parts = (Fraction(swing, t.swing_ddegK) ** t.swing_exponent * halves for swing, halves in swings.items())
    return sum(parts, Fraction(0)) * 1_000_000 / (2 * t.swing_life_count)


def sum_ppm(ledger: Cycles, stack: int = 0) -> Fraction:
    return ledger.damage_ppm(stack) + Fraction(ledger.rows[39 * stack + 6], 1 << 28)


LAWS = [(400, 20_000, 4), (10, 10_000_000, 1), (2000, 1, 6), (333, 777, 5), (400, 1_000_000, 2), (150, 10_000_000, 3)]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(2))
def test_the_damage_is_the_law_s_sum_never_below_it_and_hardly_above(law: tuple[int, int, int], seed: int) -> None:
    pack = lived(PACK, swing_ddegK=law[0], swing_life_count=law[1], swing_exponent=law[2])
    dice = random.Random(seed)
    ledger = Told(pack)
    far = dice.choice([30, 300])
    ledger.live(walk(250, [dice.randint(-far, far) for _ in range(400)]))
    exact = law_ppm(pack, ledger.swings)
    if exact > C.DAMAGE_MAX_ppm:
        assert ledger.damage_ppm(0) == C.DAMAGE_MAX_ppm
        return
    # a swing loses a few 2^-15 in each power, and what is far below a ppm 2^-28 of it
    assert exact <= sum_ppm(ledger) <= exact * (1 + Fraction(law[2] + 2, 8000)) + Fraction(ledger.swings.total(), 1 << 27)


def test_a_life_is_as_many_whole_swings_of_the_declared_size_as_are_declared() -> None:
    pack = lived(PACK, swing_life_count=500)
    ledger = Told(pack)
    ledger.live([200, 600] * 501 + [200])
    assert ledger.swings == {400: 1000}
    assert 1_000_000 <= ledger.damage_ppm(0) <= 1_001_000


@given(law=st.tuples(st.integers(10, 2000), st.integers(1, 10_000_000), st.integers(1, 6)), swing=st.integers(10, 4000))
def test_one_swing_of_any_size_by_any_law_is_priced_from_above(law: tuple[int, int, int], swing: int) -> None:
    pack = lived(PACK, swing_ddegK=law[0], swing_life_count=law[1], swing_exponent=law[2])
    for halves in (1, 2):
        ledger = Cycles(pack)
        ledger._count(0, SmallInt(swing), halves)
        exact = law_ppm(pack, Counter({swing: halves}))
        if exact > C.DAMAGE_MAX_ppm:
            assert sum_ppm(ledger) == C.DAMAGE_MAX_ppm
        else:
            assert exact <= sum_ppm(ledger) <= exact * Fraction(1003, 1000) + Fraction(2, 1 << 28)


@given(law=st.sampled_from(LAWS), swing=st.integers(10, 3999), more=st.integers(1, 500))
def test_a_larger_swing_never_costs_less(law: tuple[int, int, int], swing: int, more: int) -> None:
    pack = lived(PACK, swing_ddegK=law[0], swing_life_count=law[1], swing_exponent=law[2])
    costs = []
    for size in (swing, swing + more):
        ledger = Cycles(pack)
        ledger._count(0, size, 2)
        costs.append(sum_ppm(ledger))
    assert costs[0] <= costs[1]


def test_counts_and_damage_stop_at_what_the_wire_can_say() -> None:
    ledger = Cycles(lived(PACK, swing_ddegK=10, swing_life_count=1, swing_exponent=6))
    ledger.rows[3] = C.COUNT_MAX - 1
    for _ in range(3):
        ledger._count(0, 4000, 2)
        assert (ledger.half_swings(0), ledger.damage_ppm(0)) == (C.COUNT_MAX, C.DAMAGE_MAX_ppm)
    message = W.BmsThermalCycles()
    assert (C.COUNT_MAX, C.DAMAGE_MAX_ppm) == ((1 << 20) - 1, (1 << 20) - 1)
    message.half_swings, message.swing_damage = C.COUNT_MAX, C.DAMAGE_MAX_ppm
    data = bytearray(8)
    message.pack(data)
    message.unpack(data)
    assert (message.half_swings, message.swing_damage) == (C.COUNT_MAX, C.DAMAGE_MAX_ppm)


def test_a_swing_beyond_any_temperature_counts_as_the_largest_that_there_is() -> None:
    ledger = Cycles(PACK)
    ledger._count(0, SmallInt(9000), 1)
    assert ledger.largest_ddegC(0) == 8191
    ledger._count(0, SmallInt(8190), 1)
    assert ledger.largest_ddegC(0) == 8191


def fading(n: int) -> list[int]:
    """Swings each a little smaller than the one before: none is paired."""
    return [250 + (1 if k % 2 else -1) * (500 - 6 * k) for k in range(n)]


def test_more_unpaired_points_than_there_is_room_for_give_the_oldest_swing_up_as_a_whole_one() -> None:
    trace = fading(DEPTH + 1)
    ledger = Told()
    ledger.live(trace)
    assert not ledger.swings and ledger.unpaired() == trace
    more = fading(DEPTH + 3)
    ledger.live(more[DEPTH + 1 :])
    assert ledger.unpaired() == more[2:]
    assert ledger.swings == {abs(b - a): 2 for a, b in pairwise(more[:3])}


def test_a_step_counts_one_swing_and_a_turning_point_waits_for_those_before_it() -> None:
    """Twelve unpaired points are closed by one swing that is larger than all; meanwhile the temperature turns."""
    ledger = Told()
    ledger.live(fading(12))
    ledger.live([900])  # further than all of them
    back = 880
    made = [ledger.take(0, back)]
    before = ledger.half_swings(0)
    while made[-1]:
        made.append(ledger.take(0, back))
        assert 0 <= ledger.half_swings(0) - before <= 2
        before = ledger.half_swings(0)
    assert len(made) > 5
    assert ledger.unpaired()[-2:] == [900, 880]
    assert ledger.swings + counted(ledger.unpaired()) == counted([*fading(12), 900, 880])


@given(start=temperatures, by=st.lists(steps, min_size=2, max_size=60), more=st.lists(steps, max_size=20))
def test_the_ledger_never_forgets_a_swing_nor_heals(start: int, by: list[int], more: list[int]) -> None:
    ledger, trace = Told(), walk(start, by)
    ledger.live(trace)
    halves, largest, cost_ppm = ledger.half_swings(0), ledger.largest_ddegC(0), sum_ppm(ledger)
    ledger.live(walk(trace[-1], more))
    assert ledger.half_swings(0) >= halves and ledger.largest_ddegC(0) >= largest and sum_ppm(ledger) >= cost_ppm


@given(start=temperatures, by=st.lists(steps, max_size=80), cuts=st.sets(st.integers(0, 200), max_size=6))
def test_a_reboot_at_any_step_changes_nothing(start: int, by: list[int], cuts: set[int]) -> None:
    """Also with swings that wait to be counted."""
    whole, ledger = Cycles(PACK), Cycles(PACK)
    k = 0
    for t in walk(start, by):
        waits = 1
        while waits:
            waits = whole.take(0, t)
            assert ledger.take(0, t) == waits
            k += 1
            if k in cuts:
                rows = ledger.rows[:]
                ledger = Cycles(PACK)
                assert ledger.restore(rows)
    assert ledger.rows == whole.rows


def worn(pack: Pack = PACK) -> Cycles:
    ledger = Cycles(pack)
    dice = random.Random(1)
    for stack in range(pack.stacks):
        for t in walk(250, [dice.randint(-300, 300) for _ in range(40)]):
            ledger.take(stack, t)
    return ledger


def test_rows_of_another_pack_or_with_more_points_than_there_are_places_are_refused_and_the_ledger_stays_as_it_was() -> None:
    new = worn(aero_96.PACK)
    kept = new.rows[:]
    for stack, points in ((0, -1), (1, DEPTH + 1), (3, 1 << 29)):
        bad = kept[:]
        bad[stack * len(bad) // aero_96.PACK.stacks] = points
        assert new.restore(bad) is False
        assert new.rows == kept
    assert Cycles(PACK).restore(kept) is False
    again = Cycles(aero_96.PACK)
    assert again.restore(kept) is True
    assert again.rows == kept


def test_the_crc_is_the_published_one() -> None:
    """CRC-30/CDMA of 3GPP2 C.S0004: the check value of its catalogue, less the inversion at the end."""
    assert CRC_START == 0x3FFFFFFF
    assert crc30(bytearray(b"123456789"), 0, 9, CRC_START) == 0x04C34ABF ^ 0x3FFFFFFF
    assert crc30(bytearray(b"x123456789y"), 1, 10, CRC_START) == 0x04C34ABF ^ 0x3FFFFFFF


@given(words=st.lists(st.integers(-(1 << 30), (1 << 30) - 1), min_size=1, max_size=5), at=st.integers(0, 9))
def test_words_come_back_as_they_were_written_and_stand_as_they_do_in_c(words: list[int], at: int) -> None:
    buffer = bytearray(b"\xaa" * 32)
    assert write_words(buffer, at, array("i", words), len(words)) == at + 4 * len(words)
    assert [read_word(buffer, at + 4 * k) for k in range(len(words))] == words
    assert struct.unpack_from(f"<{len(words)}i", buffer, at) == tuple(words)
    assert set(buffer[:at] + buffer[at + 4 * len(words) :]) == {0xAA}


def test_what_has_changed_is_told_until_somebody_takes_it_back() -> None:
    ledger = Cycles(PACK)
    assert not ledger.changed
    for trace in ([250], [350], [350, 360], [300], [340, 310, 360]):
        for t in trace:
            ledger.take(0, t)
        assert ledger.changed, trace
        ledger.changed = False
        ledger.take(0, trace[-1])
        assert not ledger.changed, "where it stands nothing is new"
    ledger.changed = True
    assert ledger.restore(worn().rows) and not ledger.changed


# In its room.


def heard(pack: Pack, of: Callable[[int], int]) -> Snapshot:
    """A snapshot in which every probe has just come."""
    snap = Snapshot(pack)
    for i in range(snap.probes):
        snap.probe_ddegC[i] = of(i)
        snap.probe_age_ms[i] = 0
    snap.probe_oldest_ms = 0
    return snap


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK, aero_96.PACK], ids=lambda pack: pack.name)
def test_every_stack_has_its_turn_with_the_mean_of_its_probes(pack: Pack) -> None:
    dice = random.Random(2)
    ledger: Any = Cycles(pack)
    taken: list[tuple[int, int]] = []

    def take(stack: int, t_ddegC: int) -> int:
        taken.append((stack, t_ddegC))
        return 0

    ledger.take = take
    for _ in range(4):
        read = [dice.randint(-600, 900) for _ in pack.probe_stack]
        snap = heard(pack, read.__getitem__)
        for stack in range(pack.stacks):
            taken.clear()
            assert ledger.step(snap) == 0
            own = [t for t, s in zip(read, pack.probe_stack) if s == stack]
            assert taken == [(stack, sum(own) // len(own))]


def test_before_probes_have_come_and_after_a_minute_without_them_nothing_is_counted() -> None:
    ledger = Cycles(PACK)
    snap = heard(PACK, lambda i: 250)
    for age_ms, known in ((60_000, False), (59_999, True)):
        snap.probe_oldest_ms = age_ms
        ledger.step(snap)
        assert (ledger.rows[0] == 1) == known


@given(values=st.lists(st.tuples(st.integers(-2047, 2047), st.integers(-2047, 2047)), min_size=1, max_size=20))
def test_the_whole_range_of_the_sensors_fits_small_integers(values: list[tuple[int, int]]) -> None:
    ledger: Any = Cycles(lived(PACK, swing_ddegK=10, swing_life_count=1, swing_exponent=6))
    for name, value in vars(ledger).items():
        if type(value) is int:
            setattr(ledger, name, SmallInt(value))
    for pair in values:
        snap: Any = SimpleNamespace(probe_oldest_ms=0, probes=8, probe_stack=[0] * 8)
        snap.probe_ddegC = [SmallInt(pair[0])] * 4 + [SmallInt(pair[1])] * 4
        while ledger.step(snap):
            pass


def test_a_controller_that_loses_power_goes_on_with_the_swings_that_it_has_seen() -> None:
    board = FakeBoard(PACK)
    board.storage = flash = Flash(8192, 4096)
    app = App(PACK, board)
    for t in (250, 450, 200, 500):
        board.probe_ddegC = [t] * len(board.probe_ddegC)
        for _ in range(40):
            app.tick()
    told = W.BmsThermalCycles()
    for _ in range(6300):
        app.tick()
    assert not app.lane_failed
    assert told.unpack(board.frames[told.ID])
    expected = (0, app.rounds.cycles.half_swings(0), 300, app.rounds.cycles.damage_ppm(0))
    assert (told.index, told.half_swings, told.largest_swing_dK, told.swing_damage) == expected
    assert expected[1] > 0
    again = FakeBoard(PACK)
    again.storage = flash.again()
    reborn = App(PACK, again)
    assert reborn.rounds.cycles.rows == app.rounds.cycles.rows
