"""The power stage of a charger: current, then voltage, at a slew and without hunting; each misdeed is what it says."""

import itertools
import math

import pytest

from bms.packs.bench_24 import PACK
from bms.safety.snapshot import NEGATIVE, POSITIVE, PRECHARGE
from hil.actors.converter import KINDS, STOP, Converter, FAST_RIPPLE_Hz, Order, OVERSHOOT_s, RIPPLE_Hz
from hil.highvoltage import HighVoltage
from hil.plant import Plant, PlantOptions

SLEW_A_s = 100.0
STEP_A = SLEW_A_s / 100


def plugged() -> Converter:
    """A sound charger in its socket."""
    converter = Converter(SLEW_A_s, 200.0, 500.0)
    converter.plug(True)
    return converter


def lone(converter: Converter, ticks: int) -> list[float]:
    """Ticks in which it gives whatever it wants to."""
    given_A = []
    for _ in range(ticks):
        converter.slew(converter.current_A)
        given_A.append(converter.current_A)
    return given_A


def steady(kind: str | None = None, severity: float = 1.0, asked_A: float = 20.0) -> Converter:
    """It gives what it was asked for; then it breaks."""
    converter = plugged()
    converter.obey(Order(True, asked_A, 400.0))
    lone(converter, 100)
    assert converter.current_A == asked_A
    if kind is not None:
        converter.set_fault(kind, severity)
    return converter


class Socket:
    """A charger at the link of a pack whose contactors are closed."""

    def __init__(self) -> None:
        self.plant = Plant(PACK, PlantOptions(1, 0.6, 25.0, hysteresis=0.0))
        self.hv = HighVoltage(PACK)
        self.hv.charger_plugged = True
        self.converter = plugged()
        self.ticks = 0
        for coils, ticks in ((NEGATIVE, 10), (NEGATIVE | PRECHARGE, 150), (NEGATIVE | PRECHARGE | POSITIVE, 10)):
            self.run(ticks, coils)

    def run(self, ticks: int, coils: int = NEGATIVE | POSITIVE) -> list[tuple[float, float]]:
        """Pack current and link voltage, tick by tick."""
        seen, converter, hv = [], self.converter, self.hv
        for _ in range(ticks):
            self.ticks += 1
            hv.watchdog_fed(self.ticks & 255)
            converter.slew(hv.charger_output_A)
            current_A = hv.step(coils, 0.0, converter.on, converter.current_A, converter.voltage_V, self.plant, 0.01)
            self.plant.step(current_A, 0.01)
            seen.append((current_A, hv.link_V))
        return seen


def test_constant_current_goes_over_into_constant_voltage_and_neither_hunts_nor_passes_the_voltage() -> None:
    socket = Socket()
    hold_V = socket.plant.pack_V + 3.0
    socket.converter.obey(Order(True, 60.0, hold_V))
    seen = socket.run(6000)
    assert max(link_V for _, link_V in seen) <= hold_V + 1e-9
    peak = max(range(len(seen)), key=lambda n: seen[n][0])
    after_A = [current_A for current_A, _ in seen[peak:]]
    assert max(after - before for before, after in itertools.pairwise(after_A)) < 1e-3
    assert 0.0 < after_A[-1] < 0.5 * after_A[0]
    assert seen[-1][1] == pytest.approx(hold_V, abs=1e-6)


def test_from_constant_voltage_it_rises_no_faster_than_its_slew() -> None:
    socket = Socket()
    socket.converter.obey(Order(True, 60.0, socket.plant.pack_V + 1.0))
    before_A = socket.run(1500)[-1][0]
    assert before_A < 40
    socket.converter.obey(Order(True, 60.0, 110.0))
    rise_A = [current_A for current_A, _ in socket.run(100)]
    assert rise_A[-1] == pytest.approx(60.0, abs=0.5)
    steps_A = [after - before for before, after in itertools.pairwise([before_A, *rise_A])]
    assert max(steps_A) < 2 * STEP_A


def test_a_stop_is_at_once_and_a_lower_order_at_the_slew() -> None:
    converter = steady()
    converter.obey(Order(True, 10.0, 400.0))
    assert lone(converter, 11)[-2:] == pytest.approx([10.0, 10.0])
    converter.obey(STOP)
    assert lone(converter, 1) == [0.0]
    assert not converter.on


def test_it_gives_no_more_current_or_voltage_than_it_can() -> None:
    converter = plugged()
    converter.obey(Order(True, 900.0, 900.0))
    assert lone(converter, 400)[-1] == 200.0
    assert converter.voltage_V == 500.0


@pytest.mark.parametrize(("kind", "severity", "given_A"), [("gain", 1.5, 30.0), ("offset", 7.0, 27.0), ("offset", -30.0, 0.0)])
def test_gain_and_offset_are_on_what_is_asked_for(kind: str, severity: float, given_A: float) -> None:
    converter = steady(kind, severity)
    assert lone(converter, 50)[-1] == pytest.approx(given_A)
    assert converter.felt[kind] == 50
    converter.clear_fault(kind)
    assert lone(converter, 50)[-1] == pytest.approx(20.0)


def test_a_late_one_does_everything_so_much_later_and_stops_so_much_later() -> None:
    converter = steady("late", 0.5)
    for order, given_A in ((Order(True, 20.5, 400.0), 20.5), (STOP, 0.0)):
        before_A = converter.current_A
        converter.obey(order)
        given = lone(converter, 51)
        assert given == [before_A] * 50 + [given_A]


@pytest.mark.parametrize(("kind", "frequency_Hz"), [("ripple", RIPPLE_Hz), ("fast_ripple", FAST_RIPPLE_Hz)])
def test_a_ripple_is_a_sine_at_full_height_as_the_ticks_see_it(kind: str, frequency_Hz: float) -> None:
    converter = steady(kind, 5.0)
    given_A = lone(converter, 200)
    assert max(given_A) == pytest.approx(25.0, abs=0.3)
    assert min(given_A) == pytest.approx(15.0, abs=0.3)
    alias_Hz = abs(frequency_Hz - 100 * round(frequency_Hz / 100))
    crossings = sum(a <= 20.0 < b for a, b in itertools.pairwise(given_A))
    assert crossings == pytest.approx(2 * alias_Hz, abs=1)


def test_a_ripple_never_takes_current_out_of_the_pack() -> None:
    assert min(lone(steady("ripple", 50.0), 200)) == 0.0


def test_an_overshoot_is_at_once_and_dies_away() -> None:
    converter = steady("overshoot", 0.5)
    converter.obey(Order(True, 40.0, 400.0))
    given_A = lone(converter, 100)
    assert given_A[0] == pytest.approx(50.0)
    assert given_A[20] == pytest.approx(40.0 + 10.0 * math.exp(-0.2 / OVERSHOOT_s))
    assert given_A[-1] == pytest.approx(40.0, abs=0.1)


def test_one_that_ignores_goes_on_as_before_and_a_welded_one_ignores_only_the_stop() -> None:
    ignores, welded = steady("ignores"), steady("weld")
    for converter in (ignores, welded):
        converter.obey(Order(True, 5.0, 300.0))
        lone(converter, 50)
    assert (ignores.current_A, welded.current_A) == (20.0, 5.0)
    for converter, given_A in ((ignores, 20.0), (welded, 5.0)):
        converter.obey(STOP)
        assert lone(converter, 50)[-1] == given_A
        converter.plug(False)
        assert lone(converter, 50)[-1] == given_A
        assert converter.plugged
        converter.clear_fault("ignores")
        converter.clear_fault("weld")
        lone(converter, 1)
        assert not converter.plugged
        assert converter.current_A == 0.0


def test_what_nobody_stops_ends_at_open_contactors_and_the_link_stays_at_its_voltage() -> None:
    socket = Socket()
    socket.converter.obey(Order(True, 30.0, 100.0))
    assert socket.run(200)[-1][0] == pytest.approx(30.0, abs=0.5)
    socket.converter.set_fault("weld", 1.0)
    socket.converter.obey(STOP)
    seen = socket.run(100, coils=0)
    assert seen[2][0] == pytest.approx(30.0, abs=0.5)
    assert [current_A for current_A, _ in seen[5:]] == [0.0] * 95
    assert seen[-1][1] == pytest.approx(100.0)


def test_one_that_drops_out_or_fails_gives_nothing_and_is_mute_or_says_so() -> None:
    for kind in ("drop_out", "fails"):
        converter = steady(kind)
        assert lone(converter, 1) == [0.0]
        assert (converter.speaks(), converter.failed) == ((False, False) if kind == "drop_out" else (True, True))
        converter.clear_fault(kind)
        assert lone(converter, 30)[-1] == 20.0
    assert not steady("silence").speaks()
    assert lone(steady("silence"), 5)[-1] == 20.0


def test_lies_are_told_and_not_given() -> None:
    converter = steady("lies_current", -12.0)
    converter.set_fault("lies_voltage", 7.0)
    assert converter.said(90.0, 20.0) == (97.0, 8.0)
    assert lone(converter, 5)[-1] == 20.0


def test_several_at_once_add_up() -> None:
    converter = steady("gain", 1.5)
    converter.set_fault("offset", 4.0)
    converter.set_fault("late", 0.1)
    assert lone(converter, 50)[-1] == pytest.approx(34.0)
    assert set(converter.felt) == set(KINDS)
    converter.obey(STOP)
    assert lone(converter, 11)[9:] == [pytest.approx(34.0), 0.0]
