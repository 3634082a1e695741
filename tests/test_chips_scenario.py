"""The whole firmware drives and charges on a board whose chips are emulated on their buses, and a chip that fails opens it.

Group and stack voltages come through an ADBMS6830 over SPI, currents, pack and link through two INA228 over I2C, temperatures
through NTCs at the monitor's GPIO, contacts by pins, insulation by pulse width; no sensor frame reaches the firmware.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bms.schema import layer_count
from hil.cli import pack_for
from hil.judge import Run, result
from hil.loop import Bench
from hil.record import Recorder
from hil.scenario import Scenario, load
from hil.targets.chips import ChipsTarget

BREAK_ms = 9000  # two seconds into the drive
END_s = 11.0


def ridden(scenario: Scenario, board: str, spoil: Callable[[ChipsTarget, int], None] | None = None) -> tuple[Run, ChipsTarget]:
    """The scenario on that board. `spoil(target, now_ms)` is called before every tick."""
    pack = pack_for(scenario, None)
    assert scenario.soc_stored is not None
    target = ChipsTarget(board, scenario.pack, scenario.map, round(scenario.soc_stored * 1000))
    if spoil is not None:
        exchange = target.exchange

        def spoilt(n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
            spoil(target, now_ms)
            return exchange(n, now_ms, frames)

        target.exchange = spoilt  # type: ignore[method-assign]
    bench = Bench(scenario, pack, scenario.seed, Recorder(layer_count(pack)))
    with target:
        run = bench.run(target, "chips")
    assert run.died is None or run.died == ""
    assert target.app.last_error is None and target.app.estimator_failures == 0
    return run, target


def cut() -> Scenario:
    """Closed, then two seconds of driving and two more."""
    whole = load("first_mile_short")
    return replace(whole, phases=(*whole.phases[:2], replace(whole.phases[2], duration_s=END_s - 7.0)), faults=(), expects=())


def test_the_first_mile_through_chips_meets_what_it_meets_through_frames() -> None:
    run, target = ridden(load("first_mile_short"), "nucleo_h723zg")
    outcome = result(run)
    assert [one["name"] for one in outcome["expectations"] if not one["passed"]] == []
    assert [fault["name"] for fault in outcome["faults"]] == ["group_voltage_stale"]
    assert target.world.can.lost == 0
    assert target.world.chain.unknown == []


def pec_errors(target: ChipsTarget, now_ms: int) -> None:
    if now_ms >= BREAK_ms:
        target.world.chain.spoil_answers[0] = 1000


def broken_chain(target: ChipsTarget, now_ms: int) -> None:
    if now_ms >= BREAK_ms:
        target.world.chain.reachable = 0


def slow_conversions(target: ChipsTarget, now_ms: int) -> None:
    if now_ms >= BREAK_ms:
        target.world.chain.chips[0].slowness = 100.0


def lost_shunt(target: ChipsTarget, now_ms: int) -> None:
    if now_ms >= BREAK_ms:
        target.world.i2c.absent.update((0x40, 0x41))


def open_loop(target: ChipsTarget, now_ms: int) -> None:
    if now_ms >= BREAK_ms:
        target.world.loop_broken = True


@pytest.mark.parametrize(
    ("board", "spoil", "names"),
    [
        ("nucleo_g474re", pec_errors, {"group_crc"}),
        ("pybv11", broken_chain, {"chain_chips_lost", "group_voltage_stale"}),
        ("pico2_mcp2515", slow_conversions, {"group_voltage_stale", "group_voltage_range"}),
        ("nucleo_h723zg", lost_shunt, {"current_stale"}),
        ("pybv11", open_loop, {"interlock_open"}),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", None),
)
def test_a_chip_that_fails_in_the_drive_is_named_and_opens_the_contactors(
    board: str, spoil: Callable[[ChipsTarget, int], None], names: set[str]
) -> None:
    run, _ = ridden(cut(), board, spoil)
    faults: list[dict[str, Any]] = result(run)["faults"]
    assert [fault for fault in faults if fault["time_s"] * 1000 < BREAK_ms] == []
    found = {fault["name"] for fault in faults}
    assert found & names, found
    closed = [(time_ms, mask) for time_ms, mask in run.contactors if mask]
    assert closed and closed[0][0] < BREAK_ms
    assert run.contactors[-1][1] == 0
    assert BREAK_ms < run.contactors[-1][0] <= BREAK_ms + 1200
