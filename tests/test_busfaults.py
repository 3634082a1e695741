"""What goes wrong on the bus is felt, and the firmware does what the table of bus faults says it owes: no more, no less.

Every kind of hil.busfaults is put on a whole drive with the real firmware: at a dose that must not matter, where each decision
of the integer lane is the same bit by bit as without it, and at one that must, in time and not before.
"""

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from e2e.p05 import e2e_p05_check
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24
from bms.safety.faults import TABLE
from bms.schema import layer_count
from boards.unix.can import CAN
from hil import scenario
from hil.actors.wire import Receiver, Sender, database
from hil.busfaults import BY_NAME, CONTROLLER, KINDS, Bus
from hil.cli import main, pack_for
from hil.errors import BadInput
from hil.judge import Run
from hil.loop import Bench
from hil.record import Recorder
from hil.scenario import Fault, Scenario
from hil.target import make_target
from hil.targets.inside import CPythonTarget

WIRE, SENSORS = database(), database("hil.dbc")
COMMAND = "frame:VCU_COMMAND"
LIMITS = WIRE.get_message_by_name("BMS_LIMITS").frame_id
FRAME = struct.Struct("<IB3x8s")
EVERY_TICK = ("GROUPS", "STACKS", "CURRENT", "VOLTAGES", "INPUTS")
EXTENDED, REMOTE = 0x8000_0000, 0x4000_0000
BUDGET_ms = {row.name: row.budget_ms for row in TABLE}
DEADLINE_ms = bench_24.PACK.command_deadline_ms

STORY = """
[scenario]
name = "storm"
title = "A short drive"
pack = "bench_24"
seed = 1
soc_true = 0.6
soc_stored = 0.6
temperature_degC = 25
hysteresis = 0
[[phase]]
name = "wake"
kind = "idle"
duration_s = 0.5
[[phase]]
name = "close"
kind = "rest"
duration_s = 1
[[phase]]
name = "drive"
kind = "drive"
c_rate = -1
duration_s = 2.5
"""
BEGIN_ms, END_ms = 2000, 4000


class Ride(NamedTuple):
    """What a run leaves behind."""

    run: Run
    decisions: "array[int]"
    columns: dict[str, "array[float]"]  # of the record, every 100 ms
    states: list[int]  # of the firmware's controller, tick by tick, where it is within reach
    limits: list[bytes | None]  # BMS_LIMITS as the vehicle has it, tick by tick
    link: Any

    @property
    def faults(self) -> list[str]:
        """Names of what was reported, warnings included."""
        return [fault.name for fault in self.run.witness.faults]

    @property
    def trips(self) -> list[str]:
        """Names of what opened the contactors."""
        return [fault.name for fault in self.run.witness.faults if fault.severity.startswith("trip")]

    @property
    def current_A(self) -> "array[float]":
        """What truly flowed."""
        return self.columns["current_A"]

    def went_as(self, other: "Ride") -> bool:
        """Whether contactors, states and everything recorded were the same, to the last bit; warnings aside."""
        same = self.run.contactors == other.run.contactors and self.run.witness.states == other.run.witness.states
        return same and {name: c.tobytes() for name, c in self.columns.items()} == {
            name: c.tobytes() for name, c in other.columns.items()
        }

    @property
    def closed(self) -> bool:
        """Whether the contactors are at the end."""
        return self.run.contactors[-1][1] == 5


def ride(faults: Sequence[Fault], text: str = STORY, target_name: str = "cpython", seed: int = 1) -> Ride:
    """The drive, or another story, with these faults."""
    story = replace(scenario.parse(text, "storm.toml"), faults=tuple(faults))
    pack = pack_for(story, None)
    recorder = Recorder(layer_count(pack))
    bench = Bench(story, pack, seed, recorder)
    states: list[int] = []
    limits: list[bytes | None] = []
    with make_target(target_name, None, story.pack, None, 600) as target:
        app = target.app if isinstance(target, CPythonTarget) else None

        def spy(_: int, answer: list[tuple[int, bytes]]) -> None:
            limits.append(bench.heard.get(LIMITS))
            if app is not None:
                states.append(app.board.can_state())

        run = bench.run(target, target_name, None, spy)
    assert not run.died, run.died
    link = None if app is None else app.link
    return Ride(run, bench.decisions, recorder.columns, states, limits, link)


def fault(target: str, kind: str, severity: float = 1.0, at_ms: float = BEGIN_ms, duration_ms: float | None = None) -> Fault:
    """From BEGIN_ms to the end, unless told otherwise."""
    return Fault(target, kind, at_ms / 1000, None if duration_ms is None else duration_ms / 1000, severity, 0.0)


@cache
def undisturbed(target_name: str = "cpython") -> Ride:
    """The drive with nothing wrong."""
    return ride((), target_name=target_name)


def zero_ms(done: Ride) -> int:
    """When both limits were zero on the wire, after the fault began."""
    return next(zero.now_ms for zero in done.run.witness.zeros if zero.now_ms >= BEGIN_ms and zero.charge and zero.discharge)


# The bus alone.


def batch(*frames: tuple[int, bytes]) -> bytes:
    """Frames of 8 bytes as they stand on the wire."""
    return b"".join(FRAME.pack(word, 8, data) for word, data in frames)


def split(frames: bytes) -> list[tuple[int, int, bytes]]:
    """Identifier, length, data."""
    return list(FRAME.iter_unpack(frames))


def sensors_only() -> list[tuple[int, bytes]]:
    """One frame of each message of the bench."""
    return [(message.frame_id, bytes([n] * 8)) for n, message in enumerate(SENSORS.messages)]


def commands() -> Iterator[bytes]:
    """VCU_COMMAND as its sender has it, without end."""
    sender = Sender(WIRE.get_message_by_name("VCU_COMMAND"))
    while True:
        yield sender.frame(request=1, reset_faults=0)


def sent(bus: Bus, ticks: int, period: int = 5) -> list[tuple[int, int, int, bytes]]:
    """What comes of commands sent every `period` ticks: now_ms, identifier, length, data."""
    source = commands()
    out = []
    for n in range(ticks):
        now_ms = 10 * n
        frames = next(source) if n % period == 0 else b""
        out += [(now_ms, *frame) for frame in split(bus.outgoing(frames, now_ms) if bus.active else frames)]
    return out


def test_every_message_of_the_traffic_and_every_sensor_is_a_target_and_no_wire_is() -> None:
    targets = set(Bus(bench_24.PACK, 1).kinds)
    assert {"frame:" + message.name for message in WIRE.messages} < targets
    assert targets - {"frame:" + message.name for message in WIRE.messages} == {
        "bus",
        *("frame:HIL_" + name for name in (*EVERY_TICK, "TEMPERATURES", "ENVIRONMENT", "CHAIN", "POLES")),
    }


def test_a_pack_with_an_inverter_has_the_frames_of_its_protocol() -> None:
    kinds = Bus(pack_for(scenario.parse(STORY.replace("bench_24", "bess_14"), "x.toml"), None), 1).kinds
    assert {"frame:VIC_KEEPALIVE", "frame:VIC_LIMITS"} < set(kinds)
    assert "counter_freeze" not in kinds["frame:VIC_LIMITS"], "it has no counter"


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS if kind.where != "frame"])
def test_a_fault_of_the_whole_bus_leaves_the_benchs_wires_alone(kind: str) -> None:
    bus = Bus(bench_24.PACK, 1)
    bus.set("bus", kind, 7.0 if kind == "wrong_length" else 1.0)
    wires = sensors_only()
    identifiers = {identifier for identifier, _ in wires}
    for now_ms in range(0, 200, 10):
        out = [(word, data) for word, _, data in split(bus.outgoing(batch(*wires), now_ms)) if word in identifiers]
        back = [frame for frame in bus.incoming(wires, now_ms) if frame[0] in identifiers]
        if kind == "reorder":
            out, back = sorted(out), sorted(back)
        assert out == wires
        assert back == wires


def test_the_same_seed_spoils_the_same_bits_and_another_one_others() -> None:
    def spoiled(seed: int) -> list[Any]:
        bus = Bus(bench_24.PACK, seed)
        for kind, severity in (("corrupt", 3.0), ("drop", 0.3), ("babble", 2.0)):
            bus.set(COMMAND, kind, severity)
        return sent(bus, 200)

    assert spoiled(1) == spoiled(1)
    assert spoiled(1) != spoiled(2)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.healthy is not None and kind.where != "bus"])
def test_a_ramp_begins_where_nothing_is_wrong(kind: Any) -> None:
    bus = Bus(bench_24.PACK, 1)
    bus.set(COMMAND, kind.name, kind.healthy)
    assert sent(bus, 300) == sent(Bus(bench_24.PACK, 1), 300)
    assert bus.felt(COMMAND, kind.name) == 0


def test_nothing_is_left_when_a_fault_is_over_but_what_it_held_back() -> None:
    bus = Bus(bench_24.PACK, 1)
    bus.set(COMMAND, "delay", 35.0)
    assert bus.outgoing(batch((0x200, b"a" * 8)), 0) == b""
    bus.clear(COMMAND, "delay")
    assert bus.active
    assert bus.outgoing(batch((0x200, b"b" * 8)), 10) == batch((0x200, b"b" * 8))
    assert bus.outgoing(b"", 30) == b""
    assert bus.outgoing(b"", 40) == batch((0x200, b"a" * 8)), "whole ticks, rounded up"
    assert not bus.active
    assert bus.felt(COMMAND, "delay") == 1


@pytest.mark.parametrize("bits", [1, 2, 3, 64])
def test_corruption_flips_as_many_bits_as_it_says(bits: int) -> None:
    bus = Bus(bench_24.PACK, 1)
    bus.set(COMMAND, "corrupt", float(bits))
    differ = set()
    for now_ms in range(0, 1000, 10):
        (_, _, data), *_ = split(bus.outgoing(batch((0x200, bytes(8))), now_ms))
        flipped = int.from_bytes(data, "little")
        assert flipped.bit_count() == bits
        differ.add(flipped)
    assert len(differ) > 30 or bits == 64


def test_wrong_counters_stand_under_valid_checksums() -> None:
    for kind, severity, steps in (("counter_freeze", 1.0, {0}), ("counter_skip", 9.0, {10}), ("wrong_period", 2.0, {1})):
        bus = Bus(bench_24.PACK, 1)
        bus.set(COMMAND, kind, severity)
        frames = sent(bus, 200)
        assert all(e2e_p05_check(data, 0x200) for *_, data in frames)
        counters = [data[2] for *_, data in frames]
        assert {(b - a) & 0xFF for a, b in pairwise(counters)} == steps
        assert len(frames) == (20 if kind == "wrong_period" else 40)


def test_a_twin_and_a_remote_frame_stand_beside_the_frame_and_in_its_place_when_it_is_silent() -> None:
    for kind, word in (("extended_twin", 0x200 | EXTENDED), ("remote", 0x200 | REMOTE)):
        for silent in (False, True):
            bus = Bus(bench_24.PACK, 1)
            if silent:
                bus.set(COMMAND, "silence", 1.0)
            bus.set(COMMAND, kind, 1.0)
            words = [frame[0] for frame in split(bus.outgoing(batch((0x200, b"c" * 8), (0x210, b"d" * 8)), 0))]
            assert words == [*(() if silent else (0x200,)), word, 0x210]


@pytest.mark.parametrize("fault_kind", ["counter_freeze", "counter_skip", "silence", "corrupt"])
def test_a_spoiled_sender_is_noticed_by_an_actor_and_recovers(fault_kind: str) -> None:
    message = WIRE.get_message_by_name("VCU_COMMAND")
    receiver, bus, source = Receiver(message, 300), Bus(bench_24.PACK, 1), commands()
    now_ms = 0

    def exchange(periods: int) -> None:
        nonlocal now_ms
        for _ in range(periods):
            frames = split(next(source))
            got = bus.incoming([(word, data) for word, _, data in frames], now_ms)
            receiver.step(got[0][1] if got else None, now_ms)
            now_ms += 50

    exchange(3)
    assert receiver.alive
    bus.set(COMMAND, fault_kind, 9.0)
    exchange(10)
    assert receiver.alive == (fault_kind == "counter_skip"), "an actor looks for whole and new, not for sequence"
    bus.clear(COMMAND, fault_kind)
    exchange(2)
    assert receiver.alive


@pytest.mark.parametrize(
    ("target", "kind", "severity", "field"),
    [
        ("frame:HIL_TICK", "silence", 1, "target: 'frame:HIL_TICK'"),
        ("frame:HIL_ACTUATORS", "silence", 1, "target: 'frame:HIL_ACTUATORS'"),
        ("frame:VIC_LIMITS", "silence", 1, "target: 'frame:VIC_LIMITS'"),
        ("frame:BMS_GROUPS", "counter_freeze", 1, "type: 'counter_freeze'"),
        ("frame:HIL_GROUPS", "wrong_period", 2, "type: 'wrong_period'"),
        (COMMAND, "bus_off", 1, "type: 'bus_off'"),
        (COMMAND, "drop", 1.5, "severity: 1.5"),
        (COMMAND, "flip_bit", 64, "severity: 64"),
        (COMMAND, "flip_bit", 2.5, "severity: frame:VCU_COMMAND: severity 2.5"),
        (COMMAND, "wrong_length", 8, "severity: frame:VCU_COMMAND: severity 8"),
        (COMMAND, "drop_every", 0, "severity: 0"),
        ("bus", "babble", 500, "severity: 500"),
    ],
)
def test_what_cannot_be_done_to_a_frame_is_refused_by_file_and_field(
    target: str, kind: str, severity: float, field: str
) -> None:
    story = replace(scenario.parse(STORY, "storm.toml"), faults=(fault(target, kind, severity),))
    with pytest.raises(BadInput, match=r"^storm\.toml: \[\[fault\]\] 1 ") as caught:
        Bench(story, bench_24.PACK, 1, Recorder(24))
    assert field in str(caught.value)


@pytest.mark.parametrize("kind", CONTROLLER)
def test_a_controller_behind_a_real_bus_is_told_nothing_and_the_scenario_refused(
    kind: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "off.toml"
    place.write_text(STORY + f'[[fault]]\ntarget = "bus"\ntype = "{kind}"\nat_s = 1\n')
    assert main(["run", str(place), "--target", "cpython", "--bus", "virtual:busfaults"]) == 2
    assert f"[[fault]] 1 type: '{kind}'" in capsys.readouterr().err


# Commands, with the firmware.

TOLERATED = [  # kind, severity, least number of frames that it changes
    ("extended_twin", 1, 40),
    ("remote", 1, 40),
    ("wrong_period", 0.1, 300),
    ("wrong_period", 6, 30),
    ("counter_skip", 5, 40),
    ("delay", 40, 40),
    ("delay", 250, 40),
    ("reorder", 1, 20),
    ("duplicate", 1, 40),
    ("duplicate", 4, 160),
    ("drop", 0.1, 1),
    ("drop", 1 / 3, 8),
    ("drop_every", 3, 13),
    ("drop_every", 2, 20),
    ("babble", 1, 200),
]
LOST = [  # kind, severity, the last true command came so long after the fault began
    ("wrong_period", 7, 0),
    ("counter_freeze", 1, 0),
    ("counter_skip", 6, -50),
    ("delay", 270, -50),
    ("corrupt", 1, -50),
    ("corrupt", 64, -50),
    ("flip_bit", 0, -50),
    ("flip_bit", 24, -50),
    ("flip_bit", 63, -50),
    ("wrong_length", 7, -50),
    ("wrong_length", 0, -50),
    ("drop", 1, -50),
    ("drop_every", 1, -50),
    ("silence", 1, -50),
]


def test_every_kind_of_the_table_is_tried() -> None:
    tried = {kind for kind, *_ in (*TOLERATED, *LOST)} | set(CONTROLLER)
    assert tried == {kind.name for kind in KINDS} == BY_NAME.keys()
    assert all(kind.does and kind.meaning and kind.owes for kind in KINDS)


@pytest.mark.parametrize(("kind", "severity", "least"), TOLERATED)
def test_what_leaves_a_valid_command_in_time_changes_no_decision(kind: str, severity: float, least: int) -> None:
    done = ride([fault(COMMAND, kind, severity)])
    assert done.run.felt[0] >= least
    assert done.faults == []
    assert done.closed
    assert done.decisions == undisturbed().decisions


@pytest.mark.parametrize(("kind", "severity", "last_ms"), LOST)
def test_without_valid_commands_the_limits_are_zero_in_the_budget_and_not_before_the_deadline(
    kind: str, severity: float, last_ms: int
) -> None:
    done = ride([fault(COMMAND, kind, severity)])
    assert done.run.felt[0] > 0
    assert done.run.witness.first_cause is not None
    assert done.run.witness.first_cause.name == "command_lost"
    silence_ms = zero_ms(done) - (BEGIN_ms + last_ms)
    assert DEADLINE_ms < silence_ms <= BUDGET_ms["command_lost"]
    assert not done.closed


@pytest.mark.parametrize("kind", ["extended_twin", "remote", "babble"])
def test_what_only_looks_like_the_command_is_none(kind: str) -> None:
    done = ride([fault(COMMAND, kind, 3), fault(COMMAND, "silence")])
    assert min(done.run.felt) > 0
    assert done.trips == ["command_lost"]
    assert DEADLINE_ms < zero_ms(done) - (BEGIN_ms - 50) <= BUDGET_ms["command_lost"]
    assert not done.closed


def test_each_of_the_64_bits_of_a_command_is_missed_when_it_flips() -> None:
    longer = STORY.replace("duration_s = 2.5", "duration_s = 7")
    every_other = [fault(COMMAND, "flip_bit", bit, BEGIN_ms + 100 * bit, 50) for bit in range(64)]
    done = ride(every_other, longer)
    assert done.run.felt == [64] * 64, "one count for all of one kind"
    assert done.link.command_check.errors == 64
    assert done.trips == []
    assert done.went_as(ride((), longer))


@pytest.mark.parametrize(("duration_ms", "lost"), [(200, False), (300, True)])
@pytest.mark.parametrize(
    ("kind", "severity"),
    [("corrupt", 9), ("flip_bit", 5), ("wrong_length", 3), ("silence", 1), ("counter_freeze", 1), ("counter_skip", 77)],
)
def test_four_commands_in_a_row_may_be_spoiled_and_six_may_not(
    kind: str, severity: float, duration_ms: int, lost: bool
) -> None:
    done = ride([fault(COMMAND, kind, severity, BEGIN_ms, duration_ms)])
    assert done.run.felt[0] >= duration_ms / 50 - 1
    if not lost:
        assert done.trips == []
        assert done.went_as(undisturbed())
    elif kind != "counter_freeze":  # whose first frame is a true one
        assert done.trips == ["command_lost"]


def test_a_crowd_of_noise_on_the_commands_identifier_is_never_obeyed() -> None:
    done = ride([fault(COMMAND, "babble", 40)])
    assert done.run.felt[0] == 2 * 40 * 200, "at either end"
    assert set(done.trips) <= {"command_lost"}
    assert done.closed == (done.trips == [])


# Sensors' frames, with the firmware.

STALE = {  # frame: what is missed when it stays away
    "GROUPS": "group_voltage_stale",
    "STACKS": "stack_voltage_stale",
    "CURRENT": "current_stale",
    "VOLTAGES": "pack_voltage_stale",
    "INPUTS": "inputs_stale",
    "TEMPERATURES": "temperature_stale",
}


@pytest.mark.parametrize("frame", STALE)
@pytest.mark.parametrize("kind", ["silence", "wrong_length"])
def test_a_sensor_that_falls_silent_is_named_in_its_budget_and_a_frame_cut_short_is_no_frame(frame: str, kind: str) -> None:
    done = ride([fault("frame:HIL_" + frame, kind, 7)])
    assert done.run.felt[0] > 0
    cause = done.run.witness.first_cause
    assert cause is not None and cause.name == STALE[frame]
    assert 100 < zero_ms(done) - BEGIN_ms <= BUDGET_ms[STALE[frame]]
    assert not done.closed


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("drop_every", 2), ("drop", 0.3), ("delay", 40), ("reorder", 1), ("duplicate", 2), ("extended_twin", 1), ("remote", 1)],
)
def test_sensors_whose_frames_are_lost_now_and_then_late_or_doubled_all_at_once_disturb_nothing(
    kind: str, severity: float
) -> None:
    done = ride([fault("frame:HIL_" + frame, kind, severity) for frame in (*EVERY_TICK, "CHAIN", "ENVIRONMENT")])
    assert min(done.run.felt) > 0
    assert done.faults == []
    assert done.closed
    assert not done.run.violations
    assert done.run.moved_Ah["drive"] == pytest.approx(undisturbed().run.moved_Ah["drive"], rel=0.02)


@pytest.mark.parametrize(("kind", "severity"), [("drop_every", 10), ("delay", 80), ("reorder", 1), ("duplicate", 2)])
def test_a_slow_sensors_frame_may_be_late_or_lost_within_its_deadline(kind: str, severity: float) -> None:
    done = ride([fault("frame:HIL_TEMPERATURES", kind, severity)])
    assert done.run.felt[0] > 0
    assert done.faults == [] and done.closed


# The other way: what the actors hear.


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        *(("BMS_LIMITS", kind) for kind in ("silence", "corrupt", "counter_freeze", "wrong_length", "drop_every", "flip_bit")),
        *(("BMS_STATE", "silence"), ("BMS_STATE", "corrupt")),
    ],
)
def test_a_vehicle_that_hears_no_whole_limits_or_state_draws_nothing_and_the_pack_stays_closed(frame: str, kind: str) -> None:
    done = ride([fault("frame:" + frame, kind)])
    assert done.run.felt[0] > 0
    assert done.faults == [] and done.closed
    # lost after 300 ms, heard every 50 ms, obeyed at once
    assert list(done.current_A[: BEGIN_ms // 100 + 3]) == list(undisturbed().current_A[: BEGIN_ms // 100 + 3])
    assert all(abs(current_A) < 0.1 for current_A in done.current_A[BEGIN_ms // 100 + 5 :])
    assert undisturbed().current_A[-1] < -15


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        *(("drop_every", 2), ("delay", 100), ("duplicate", 3), ("reorder", 1), ("wrong_period", 5)),
        *(("extended_twin", 1), ("remote", 1)),
    ],
)
def test_a_vehicle_rides_through_what_leaves_it_limits_in_time(kind: str, severity: float) -> None:
    done = ride([fault("frame:BMS_LIMITS", kind, severity)])
    assert done.run.felt[0] > 0
    assert done.current_A == undisturbed().current_A


# The whole bus.


@pytest.mark.parametrize(
    ("kind", "severity"), [("babble", 40), ("reorder", 1), ("delay", 40), ("duplicate", 2), ("extended_twin", 1), ("remote", 1)]
)
def test_a_bus_full_of_strangers_twins_and_late_frames_changes_no_fault_and_no_contactor(kind: str, severity: float) -> None:
    done = ride([fault("bus", kind, severity)])
    assert done.run.felt[0] > 100
    assert done.faults == [] and done.closed
    assert done.run.moved_Ah["drive"] == pytest.approx(undisturbed().run.moved_Ah["drive"], rel=0.05)


@pytest.mark.parametrize(("kind", "severity"), [("silence", 1), ("corrupt", 2), ("drop", 1), ("wrong_length", 5)])
def test_a_dead_bus_opens_the_contactors_at_the_commands_deadline(kind: str, severity: float) -> None:
    done = ride([fault("bus", kind, severity)])
    assert done.trips == ["command_lost"]
    assert DEADLINE_ms < zero_ms(done) - (BEGIN_ms - 50) <= BUDGET_ms["command_lost"]
    assert not done.closed


def test_forty_frames_of_noise_a_tick_reach_micropython_and_cpython_alike(micropython: str) -> None:
    storm = [fault("bus", "babble", 40), fault("bus", "reorder")]
    here, there = ride(storm), ride(storm, target_name="micropython")
    assert there.run.felt == here.run.felt
    assert there.decisions == here.decisions
    assert there.faults == [] and there.closed


@pytest.mark.parametrize(("kind", "state"), [("error_warning", CAN.STATE_WARNING), ("error_passive", CAN.STATE_PASSIVE)])
def test_a_controller_that_counts_errors_goes_on_and_comes_back(kind: str, state: int) -> None:
    done = ride([fault("bus", kind, 1, BEGIN_ms, 500)])
    first, last = BEGIN_ms // 10, (BEGIN_ms + 500) // 10
    assert set(done.states[:first]) == {CAN.STATE_ACTIVE}
    assert set(done.states[first:last]) == {state}
    assert set(done.states[last:]) == {CAN.STATE_ACTIVE}
    assert done.closed
    assert done.went_as(undisturbed())
    assert done.faults == (["can_error_passive"] if kind == "error_passive" else [])


def hearings(done: Ride) -> list[int]:
    """When new limits of the firmware reached the vehicle, in ms."""
    return [10 * n for n, (before, now) in enumerate(pairwise(done.limits), 1) if now != before]


@pytest.mark.parametrize("duration_ms", [10, 100, 500, 7000])
def test_after_bus_off_the_firmware_is_heard_again_within_10_s_and_tells(duration_ms: int) -> None:
    longer = STORY.replace("duration_s = 2.5", f"duration_s = {(BEGIN_ms + 2 * duration_ms + 2500) // 1000}")
    done = ride([fault("bus", "bus_off", 1, BEGIN_ms, duration_ms)], longer)
    over_ms = BEGIN_ms + duration_ms
    heard = hearings(done)
    assert not [ms for ms in heard if BEGIN_ms <= ms < over_ms], "nothing passes while it lasts"
    again_ms = next(ms for ms in heard if ms >= over_ms)
    assert again_ms - over_ms <= 10_000
    assert max(b - a for a, b in pairwise([ms for ms in heard if ms >= again_ms])) <= 50, "and goes on"
    assert "can_bus_off" in done.faults
    if duration_ms <= 100:
        assert done.closed and done.trips == []
    if duration_ms >= 500:
        assert not done.closed and set(done.trips) == {"command_lost"}


def test_a_bus_off_that_stays_opens_the_contactors_at_the_commands_deadline() -> None:
    done = ride([fault("bus", "bus_off")])
    assert done.run.felt[0] >= (END_ms - BEGIN_ms) / 10
    assert max(hearings(done)) < BEGIN_ms
    opened_ms = next(since_ms for since_ms, mask in done.run.contactors if since_ms >= BEGIN_ms)
    delay_ms = bench_24.PACK.contactor_delay_ms
    assert DEADLINE_ms < opened_ms - (BEGIN_ms - 50) <= BUDGET_ms["command_lost"] + bench_24.PACK.open_timeout_ms + delay_ms
    assert not done.closed


# Any mixture.

LATE_ms = 200


@st.composite
def storms(draw: st.DrawFn) -> list[Fault]:
    """Up to a dozen faults of anything on the bus, any time, delays of at most LATE_ms."""
    kinds = Bus(bench_24.PACK, 1).kinds
    faults = []
    for _ in range(draw(st.integers(1, 12))):
        target = draw(st.sampled_from(sorted(kinds)))
        kind = BY_NAME[draw(st.sampled_from(kinds[target]))]
        low, high = max(kind.low, 0.0), min(kind.high, 64.0)
        if kind.name == "delay":
            high = LATE_ms
        severity = draw(st.floats(low, high)) if low < high else 1.0
        if kind.name in ("flip_bit", "wrong_length", "drop_every"):
            severity = float(min(int(severity), 7)) if kind.name == "wrong_length" else float(max(int(severity), 1))
        at_ms = 10 * draw(st.integers(0, 300))
        faults.append(fault(target, kind.name, severity, at_ms, 10 * draw(st.integers(1, 300))))
    return faults


ASKED = STORY.replace("duration_s = 2.5", "duration_s = 0.5") + '[[phase]]\nname = "stop"\nkind = "open"\nduration_s = 1.5\n'
NEVER_ASKED = STORY.replace('"rest"', '"idle"').replace('kind = "drive"\nc_rate = -1', 'kind = "open"')
FEW = settings(max_examples=max(settings().max_examples // 20, 2))


@FEW
@given(storms(), st.integers(0, 1000))
def test_no_storm_on_the_bus_closes_a_contactor_that_nobody_asked_for(faults: list[Fault], seed: int) -> None:
    done = ride(faults, NEVER_ASKED, seed=seed)
    assert {mask for _, mask in done.run.contactors} <= {0}
    assert not done.run.violations


@FEW
@given(storms(), st.integers(0, 1000))
def test_no_storm_on_the_bus_keeps_a_contactor_closed_that_is_to_open_nor_drives_a_layer_out_of_its_limits(
    faults: list[Fault], seed: int
) -> None:
    done = ride(faults, ASKED, seed=seed)
    closings = [
        since_ms for (_, before), (since_ms, mask) in pairwise(done.run.contactors) if mask & ~before
    ]
    asked_ms = (500, 2000 + LATE_ms + DEADLINE_ms)
    assert all(asked_ms[0] < since_ms < asked_ms[1] for since_ms in closings)
    assert not done.closed
    assert not done.run.violations


def test_the_shipped_storm_meets_all_its_expectations() -> None:
    assert isinstance(scenario.load("bus_storm"), Scenario)
    assert main(["run", "bus_storm", "--target", "cpython"]) == 0
