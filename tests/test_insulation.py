"""Insulation: the value while it is young, silence after five seconds and not before, and no word of a monitor never heard."""

from pathlib import Path
from typing import Any

import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.can import frames as W
from bms.can import vital
from bms.packs import bench_24, ev_240
from bms.safety import insulation
from bms.safety.insulation import NOT_FITTED, SILENT, DEADLINE_ms, Insulation, MAX_kohm
from bms.safety.snapshot import AGE_MAX_ms, INSULATION_kohm, Snapshot
from bms.schema import Pack
from tests.fake_board import FakeBoard
from tests.small_int import SmallInt

ROOT = Path(__file__).resolve().parent.parent
ROUND_ms = 100


def heard(snap: Snapshot, kohm: int) -> None:
    """A value has just come."""
    snap.value[INSULATION_kohm] = kohm
    snap.age_ms[INSULATION_kohm] = 0


@given(rounds=st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_a_monitor_that_was_never_heard_is_not_fitted_for_ever(rounds: list[int]) -> None:
    snap, insulation = Snapshot(bench_24.PACK), Insulation()
    assert insulation.kohm == NOT_FITTED
    for dt_ms in rounds:
        assert insulation.step(snap, dt_ms) == NOT_FITTED
    assert snap.age_ms[INSULATION_kohm] == AGE_MAX_ms


@given(kohm=st.integers(0, MAX_kohm), rounds=st.lists(st.integers(1, 900), min_size=30, max_size=200))
def test_a_value_lasts_for_five_seconds_and_is_silence_from_then_on(kohm: int, rounds: list[int]) -> None:
    snap, insulation = Snapshot(bench_24.PACK), Insulation()
    heard(snap, kohm)
    age_ms = 0
    for dt_ms in rounds:
        age_ms += dt_ms
        assert insulation.step(snap, dt_ms) == (kohm if age_ms <= DEADLINE_ms else SILENT)
    heard(snap, kohm)
    assert insulation.step(snap, ROUND_ms) == kohm, "and comes back with the next value"


def test_silence_lasts_for_hours_and_is_never_taken_for_a_monitor_that_is_not_fitted() -> None:
    snap, insulation = Snapshot(bench_24.PACK), Insulation()
    heard(snap, 5000)
    for k in range(2 * 36_000):
        kohm = insulation.step(snap, ROUND_ms)
        assert kohm == (5000 if k < DEADLINE_ms // ROUND_ms else SILENT)
    assert snap.age_ms[INSULATION_kohm] == AGE_MAX_ms


@given(value=st.integers(-(1 << 29), 1 << 29))
def test_no_value_is_mistaken_for_a_name(value: int) -> None:
    snap, insulation = Snapshot(bench_24.PACK), Insulation()
    heard(snap, value)
    kohm = insulation.step(snap, ROUND_ms)
    assert kohm == min(max(value, 0), MAX_kohm)
    assert kohm < SILENT


def test_ages_of_late_rounds_fit_small_integers() -> None:
    snap, insulation = Snapshot(bench_24.PACK), Insulation()
    heard(snap, 1)
    for _ in range(100):
        insulation.step(snap, SmallInt(5000))
    assert insulation.kohm == SILENT


class Watched(FakeBoard):
    """A board with an insulation monitor that speaks in every tick, or no more."""

    kohm = -1

    def sample(self, snap: Any, mailbox: Any) -> int:
        if self.kohm >= 0:
            heard(snap, self.kohm)
        return super().sample(snap, mailbox)


def on_the_wire(pack: Pack, kohm: int, mute_ms: int = 0) -> dict[str, Any]:
    """What another node reads after a second in which the monitor spoke, and then a while in which it did not."""
    database = cantools.database.load_file(ROOT / "dbc" / "bms.dbc")
    board = Watched(pack)
    board.insulation_kohm = -1  # the board's own monitor is not fitted
    app = App(pack, board)
    for k in range(200 + mute_ms // 10):
        board.kohm = kohm if k < 200 else -1
        app.tick()
    assert not app.lane_failed, app.last_error
    assert isinstance(database, cantools.database.Database)
    decoded = database.decode_message(W.BmsInsulation.ID, bytes(board.frames[W.BmsInsulation.ID]), decode_choices=True)
    assert isinstance(decoded, dict)
    return decoded


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK], ids=lambda pack: pack.name)
@pytest.mark.parametrize("kohm", [0, 8, 43, 400, 5000])
def test_the_wire_tells_ohms_and_ohms_per_volt(pack: Pack, kohm: int) -> None:
    volts = 3.6 * sum(pack.taps) * pack.stacks
    decoded = on_the_wire(pack, kohm)
    assert decoded["insulation"] == kohm * 1000
    assert abs(decoded["insulation_ohm_per_volt"] - kohm * 1000 / volts) <= 1 + kohm * 1000 / volts / (volts - 1)


@pytest.mark.parametrize(("kohm", "mute_ms"), [(20_000, 4800), (20_000, 5400), (-1, 0), (65_533, 0), (1 << 20, 0)])
def test_the_wire_names_silence_and_absence_and_saturates_below_them(kohm: int, mute_ms: int) -> None:
    decoded = on_the_wire(ev_240.PACK, kohm, mute_ms)
    if kohm < 0:
        assert str(decoded["insulation"]) == str(decoded["insulation_ohm_per_volt"]) == "not_fitted"
    elif mute_ms > DEADLINE_ms:
        assert str(decoded["insulation"]) == "silent", decoded
        assert str(decoded["insulation_ohm_per_volt"]) == "silent"
    else:
        assert decoded["insulation"] == min(kohm, MAX_kohm) * 1000
        assert 0 < float(decoded["insulation_ohm_per_volt"]) <= 65_533


def test_the_names_are_one_and_the_same_in_both_rooms() -> None:
    assert (insulation.SILENT, insulation.NOT_FITTED) == (vital.SILENT, vital.NOT_FITTED)
