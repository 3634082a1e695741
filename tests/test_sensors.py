"""Sensors tell the truth within what the pack declares, in frames that an independent decoder reads, and lie when told to."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import cantools.database
import numpy as np
import pytest
from cantools.database.can import Database
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs.bench_24 import PACK as BENCH
from bms.packs.ev_240 import PACK as EV
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced
from hil.bank import Bank, Delay
from hil.highvoltage import HighVoltage
from hil.plant import ZERO_K, Plant, PlantOptions
from hil.sensorfaults import KINDS
from hil.sensorframes import Slot
from hil.sensors import FRAME_KINDS, Sensors

ROOT = Path(__file__).resolve().parent.parent
WIDE = Slot(0, 0xFFFFFF, -8388000, 8388607)
PERFECT = Sensor(
    unit="A",
    lsb_u=1000,
    noise_u=0,
    offset_u=0,
    gain_ppm=0,
    low_m=-600000,
    high_m=600000,
    latency_ms=0,
    period_ms=10,
    deadline_ms=100,
)


def load(path: Path) -> Database:
    database = cantools.database.load_file(path)
    assert isinstance(database, Database)
    return database


HIL = load(ROOT / "dbc" / "hil.dbc")


def messages(frames: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    """What an independent decoder reads: names of messages and their signals."""
    assert len(frames) % 16 == 0
    for at in range(0, len(frames), 16):
        frame_id = int.from_bytes(frames[at : at + 4], "little")
        assert frames[at + 4] == 8
        assert frames[at + 5 : at + 8] == b"\0\0\0"
        message = HIL.get_message_by_frame_id(frame_id)
        yield message.name, message.decode(frames[at + 8 : at + 16], decode_choices=True)  # type: ignore[misc]


class Bench:
    """Plant, path and sensors; `now_ms` steps by 10."""

    def __init__(self, pack: Pack = BENCH, seed: int = 1) -> None:
        self.pack = pack
        self.plant = Plant(pack, PlantOptions(seed, 0.6, 25.0))
        self.hv = HighVoltage(pack)
        self.sensors = Sensors(pack, seed)
        self.now_ms = -10

    def tick(self, current_A: float = 0.0) -> bytes:
        self.now_ms += 10
        self.hv.current_A = current_A
        self.hv.link_V = self.plant.pack_V
        self.plant.step(current_A, 0.01)
        self.sensors.step(self.plant, self.hv, self.now_ms)
        return self.sensors.frames(self.now_ms)

    def ticks(self, count: int, current_A: float = 0.0) -> bytes:
        return b"".join(self.tick(current_A) for _ in range(count))

    def truth(self, channel: str) -> float:
        """True value in the wire's unit."""
        sort, _, number = channel.partition(":")
        k = int(number or 0)
        if sort == "probe":
            return float((self.plant.probe_K[k] - ZERO_K) * 10)
        values = {
            "group": self.plant.group_V[k],
            "stack": self.plant.stack_V[min(k, self.plant.stacks - 1)],
            "current_a": self.hv.current_A,
            "current_b": self.hv.current_A,
            "pack_voltage": self.plant.pack_V,
            "link_voltage": self.hv.link_V,
        }
        return float(values[sort] * 1000)


def sensor_of(pack: Pack, channel: str) -> Sensor:
    sort = channel.partition(":")[0]
    field = {"pack_voltage": "pack_sensor", "link_voltage": "pack_sensor"}.get(sort, sort + "_sensor")
    sensor = getattr(pack, field)
    assert isinstance(sensor, Sensor)
    return sensor


def declared_error(sensor: Sensor, true_wire: float) -> float:
    """What the pack promises for one reading, in the wire's unit."""
    per_u = 1e-5 if sensor.unit == "K" else 1e-3
    absolute = (sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u / 2) * per_u
    return absolute + abs(true_wire) * sensor.gain_ppm * 1e-6 * (1 + 1e-9) + 1e-6


@given(st.integers(0, 2**31), st.sampled_from([BENCH, EV]), st.floats(-500, 500))
@settings(max_examples=25)
def test_no_sound_sensor_errs_by_more_than_the_pack_declares(seed: int, pack: Pack, current_A: float) -> None:
    bench = Bench(pack, seed)
    names = [name for name in bench.sensors.channels if name.startswith(("group", "stack", "current", "pack", "link"))]
    bench.tick(current_A)
    for _ in range(30):
        bench.now_ms += 10  # the same truth again, so that latency plays no part
        bench.sensors.step(bench.plant, bench.hv, bench.now_ms)
        for name in names:
            true_wire = bench.truth(name)
            assert abs(bench.sensors.reading(name) - true_wire) <= declared_error(sensor_of(pack, name), true_wire)


def test_probes_err_by_no_more_than_declared_and_come_once_a_period() -> None:
    bench = Bench()
    came = []
    for _ in range(100):
        frames = bench.tick()
        if any(name == "HIL_TEMPERATURES" for name, _ in messages(frames)):
            came.append(bench.now_ms)
            for k in range(8):
                name = f"probe:{k}"
                assert abs(bench.sensors.reading(name) - bench.truth(name)) <= declared_error(BENCH.probe_sensor, 250.0)
    assert len(came) == 10
    assert {b - a for a, b in itertools.pairwise(came)} == {BENCH.probe_sensor.period_ms}


@pytest.mark.parametrize("pack", [BENCH, EV], ids=lambda pack: pack.name)
def test_every_frame_of_a_tick_decodes_to_the_readings(pack: Pack) -> None:
    bench = Bench(pack)
    seen: set[str] = set()
    for _ in range(20):
        for name, signals in messages(bench.tick(-33.0)):
            seen.add(name)
            for kind, sort, per_frame, scale in (
                ("HIL_GROUPS", "group_{}_voltage", 3, 1000),
                ("HIL_STACKS", "stack_{}_voltage", 3, 1000),
                ("HIL_TEMPERATURES", "probe_{}_temperature", 5, 10),
            ):
                if name == kind:
                    for k in range(per_frame):
                        channel = f"{sort.split('_')[0]}:{int(str(signals['index'])) * per_frame + k}"
                        value = signals[sort.format(k)]
                        if channel in bench.sensors.channels:
                            assert round(float(str(value)) * scale) == bench.sensors.reading(channel)
                        else:
                            assert str(value) == "not_ready"
            if name == "HIL_CURRENT":
                for channel in ("current_a", "current_b"):
                    assert round(float(str(signals[channel])) * 1000) == bench.sensors.reading(channel)
            if name == "HIL_VOLTAGES":
                for channel in ("pack_voltage", "link_voltage"):
                    assert round(float(str(signals[channel])) * 1000) == bench.sensors.reading(channel)
    wire = {message.name for message in HIL.messages if "BENCH" in message.senders}
    assert seen == wire - {"HIL_TICK"}


@given(st.lists(st.integers(-700_000, 700_000), min_size=1, max_size=20), st.integers(0, 3))
@settings(max_examples=30)
def test_any_current_arrives_as_it_is_or_is_called_saturated(currents_mA: list[int], seed: int) -> None:
    bench = Bench(replaced(Pack, PACK_FIELDS, BENCH, current_a_sensor=PERFECT), seed)
    for current_mA in currents_mA:
        (signals,) = (s for name, s in messages(bench.tick(current_mA / 1000)) if name == "HIL_CURRENT")
        if abs(current_mA) > 600_000:
            assert str(signals["current_a"]) == "saturated"
        else:
            assert round(float(str(signals["current_a"])) * 1000) == current_mA


def test_the_same_seed_gives_the_same_frames_and_another_seed_others() -> None:
    assert Bench(seed=5).ticks(60, 7.0) == Bench(seed=5).ticks(60, 7.0)
    assert Bench(seed=5).ticks(60, 7.0) != Bench(seed=6).ticks(60, 7.0)


@given(st.integers(0, 95))
def test_a_step_arrives_one_latency_later(latency_ms: int) -> None:
    late = Delay([latency_ms])
    now = np.zeros(1)
    late.step(now)
    now[0] = 1.0
    missed_ms = sum((1.0 - late.step(now)[0]) * 10 for _ in range(20))
    assert missed_ms == pytest.approx(latency_ms, abs=1e-9)


def test_a_ramp_is_seen_as_it_was_one_latency_ago() -> None:
    late = Delay([2, 25])
    for k in range(20):
        seen = late.step(np.full(2, k * 10.0))
    assert seen == pytest.approx([190 - 2, 190 - 25])


def test_a_probe_shows_the_temperature_of_one_latency_ago() -> None:
    pack = replaced(
        Pack,
        PACK_FIELDS,
        BENCH,
        probe_sensor=replaced(Sensor, SENSOR_FIELDS, BENCH.probe_sensor, noise_u=0, offset_u=0, lsb_u=100000),
    )
    bench = Bench(pack)
    bench.plant.set_layer_fault(1, "hot_spot", 20000.0)
    history = {}
    for _ in range(80):
        frames = bench.tick()
        history[bench.now_ms] = bench.truth("probe:0")
        if any(name == "HIL_TEMPERATURES" for name, _ in messages(frames)) and bench.now_ms > 100:
            assert bench.sensors.reading("probe:0") == round(history[bench.now_ms - 50])
    assert history[790] > history[50] + 5


def test_noise_has_the_declared_sigma_and_no_outliers() -> None:
    noisy = replaced(Sensor, SENSOR_FIELDS, PERFECT, noise_u=50000)
    bank = Bank([noisy] * 10, 1000.0, [WIDE] * 10, np.random.Generator(np.random.PCG64(3)))
    readings = np.array([bank.read(np.zeros(10)).copy() for _ in range(3000)])
    assert readings.std() == pytest.approx(50.0, rel=0.02)
    assert np.abs(readings).max() <= 200


def test_errors_set_by_a_scenario_replace_those_drawn() -> None:
    bench = Bench()
    bench.sensors.set_error("current_a", gain=1.01, offset_A=0.5)
    readings = []
    for _ in range(400):
        bench.tick(50.0)
        readings.append(bench.sensors.reading("current_a"))
    assert np.mean(readings[2:]) == pytest.approx(51_000, abs=10)


@pytest.mark.parametrize(
    ("channel", "errors"),
    [("current_a", {"offset_V": 1.0}), ("group:4", {}), ("insulation", {"gain": 2.0}), ("probe:0", {"offset_A": 1.0})],
)
def test_an_error_that_a_sensor_cannot_have_is_refused(channel: str, errors: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=channel):
        Bench().sensors.set_error(channel, **errors)


SEVERITY = {"offset": 0.3, "gain": 1.1, "drift": 1.0, "noise": 0.5, "delayed": 200.0, "intermittent": 0.5, "quantised": 2.0}
EVERY_FAULT = [
    (channel, kind)
    for channel, known in Sensors(BENCH, 1).channels.items()
    if channel.partition(":")[2] in ("", "0")
    for kind in known.kinds
]


@pytest.mark.parametrize(("channel", "kind"), EVERY_FAULT, ids=lambda value: value)
def test_every_fault_is_felt_while_it_lasts_and_never_after(channel: str, kind: str) -> None:
    bench = Bench()
    bench.ticks(20, 3.0)
    severity = SEVERITY.get(kind, 1.0) * (10.0 if channel == "insulation" else 1.0)
    severity = min(severity, 0.9) if kind == "intermittent" else severity
    bench.sensors.set_fault(channel, kind, severity)
    for k in range(40):
        disturb(bench, k)
        bench.tick(5.0 + k)
    felt = bench.sensors.felt[channel, kind]
    assert felt > 0
    bench.sensors.clear_fault(channel, kind)
    bench.ticks(30, -2.0)
    assert bench.sensors.felt[channel, kind] == felt
    assert abs(bench.sensors.reading("group:0") - bench.truth("group:0")) < 20


def disturb(bench: Bench, k: int) -> None:
    """Everything that a stuck, slow or coarse sensor could miss moves."""
    hv, plant = bench.hv, bench.plant
    hv.insulation_kohm, hv.supply_mV = 3001 + k, 12001 + k
    hv.mask = k % 8
    hv.interlock_closed, hv.crash, hv.fuse, hv.charger_plugged = (k % 2 == 0, k % 2 == 1, k % 3 == 0, k % 2 == 0)
    plant.set_coolant(20.3 + k / 2, 7.1 - k / 20)
    plant.set_layer_fault(1, "hot_spot", 20000.0)


@pytest.mark.parametrize("kind", ["silence", "open", "crc_error", "saturated"])
@pytest.mark.parametrize("channel", ["group:3", "stack:0", "probe:5", "current_a", "current_b", "pack_voltage"])
def test_a_reason_for_no_value_stands_under_its_name_on_the_wire(channel: str, kind: str) -> None:
    bench = Bench()
    bench.ticks(50)
    bench.sensors.set_fault(channel, kind)
    sort, _, number = channel.partition(":")
    per_frame = {"group": 3, "stack": 3, "probe": 5}.get(sort, 1)
    message = {
        "group": "HIL_GROUPS",
        "stack": "HIL_STACKS",
        "probe": "HIL_TEMPERATURES",
        "current_a": "HIL_CURRENT",
        "current_b": "HIL_CURRENT",
        "pack_voltage": "HIL_VOLTAGES",
    }[sort]
    place = int(number or 0) % per_frame
    signal = {"group": f"group_{place}_voltage", "stack": "stack_0_voltage", "probe": f"probe_{place}_temperature"}
    index = int(number or 0) // per_frame
    said = set()
    healthy = set()
    for name, signals in messages(bench.ticks(20)):
        if name == message and int(str(signals.get("index", index))) == index:
            said.add(str(signals[signal.get(sort, sort)]))
        elif name == "HIL_VOLTAGES":
            healthy.add(str(signals["link_voltage"]))
    expected = {"silence": "not_ready", "open": "open_wire", "saturated": "saturated"}.get(kind, kind)
    if sort == "probe" and kind == "saturated":
        expected = "short_circuit"
    assert said == {expected}
    assert not healthy & {"not_ready", "open_wire", "crc_error", "saturated"}


@pytest.mark.parametrize(
    ("frame", "gone"), [("chain", {"HIL_CHAIN", "HIL_GROUPS", "HIL_STACKS"}), ("current", {"HIL_CURRENT"})]
)
def test_a_silent_frame_is_not_sent_and_the_others_are(frame: str, gone: set[str]) -> None:
    bench = Bench()
    before = {name for name, _ in messages(bench.ticks(20))}
    bench.sensors.set_fault(frame, "silence")
    after = {name for name, _ in messages(bench.ticks(20))}
    assert before - after == gone
    assert bench.sensors.felt[frame, "silence"] >= 20
    bench.sensors.clear_fault(frame)
    assert {name for name, _ in messages(bench.ticks(20))} == before


def test_a_stuck_chain_repeats_itself_and_its_counter_stands_still() -> None:
    bench = Bench()
    bench.ticks(20, 10.0)
    bench.sensors.set_fault("chain", "stuck")
    said = [(n, str(s)) for n, s in messages(bench.ticks(20, -40.0)) if n in ("HIL_CHAIN", "HIL_GROUPS", "HIL_STACKS")]
    assert len(set(said)) == 4  # two frames of groups, one of stacks, one of the chain
    bench.sensors.clear_fault("chain", "stuck")
    moving = [str(s) for n, s in messages(bench.ticks(20, -40.0)) if n == "HIL_CHAIN"]
    assert len(set(moving)) == 20


def test_a_chain_with_crc_errors_names_its_chips_and_gives_no_value() -> None:
    bench = Bench(EV)
    bench.sensors.set_fault("chain", "crc_error")
    said = dict(messages(bench.tick()))
    assert said["HIL_CHAIN"]["crc_error_chips"] == 2**10 - 1
    assert {str(v) for k, v in said["HIL_GROUPS"].items() if k != "index"} <= {"crc_error", "not_ready"}
    bench.sensors.clear_fault("chain", "crc_error")
    assert dict(messages(bench.tick()))["HIL_CHAIN"]["crc_error_chips"] == 0


def test_numbers_of_a_fault_are_in_volts_amperes_and_kelvin() -> None:
    bench = Bench()
    bench.ticks(100, 10.0)
    bench.sensors.set_fault("group:1", "offset", 0.2)
    bench.sensors.set_fault("current_a", "gain", 2.0)
    bench.sensors.set_fault("probe:2", "offset", -5.0)
    bench.sensors.set_fault("current_b", "reversed")
    bench.ticks(20, 10.0)
    assert bench.sensors.reading("group:1") - bench.truth("group:1") == pytest.approx(200, abs=10)
    assert bench.sensors.reading("current_a") == pytest.approx(20_000, abs=1000)
    assert bench.sensors.reading("probe:2") - bench.truth("probe:2") == pytest.approx(-50, abs=13)
    assert bench.sensors.reading("current_b") == pytest.approx(-10_000, abs=1000)


def test_a_drift_grows_with_time_from_its_begin() -> None:
    bench = Bench()
    bench.ticks(50)
    bench.sensors.set_fault("group:0", "drift", 0.1)
    bench.ticks(201)
    assert bench.sensors.reading("group:0") - bench.truth("group:0") == pytest.approx(200, abs=10)


def test_swapped_groups_say_each_other_s_voltage() -> None:
    bench = Bench()
    bench.plant.set_layer_fault(0, "hard_short", 0.01)
    bench.sensors.set_fault("group:0", "swapped", 2.0)
    bench.ticks(10)
    assert bench.sensors.reading("group:0") == pytest.approx(bench.truth("group:2"), abs=10)
    assert bench.sensors.reading("group:2") == pytest.approx(bench.truth("group:0"), abs=10)


def test_a_growing_fault_keeps_its_history() -> None:
    bench = Bench()
    for k in range(10):
        bench.sensors.set_fault("group:0", "offset", 0.01 * (k + 1))
        bench.tick()
    assert bench.sensors.felt["group:0", "offset"] == 10


@pytest.mark.parametrize(
    ("channel", "kind", "severity"),
    [
        *(("group:4", "open", 1.0), ("chamber", "open", 1.0), ("group:0", "melted", 1.0), ("insulation", "open", 1.0)),
        *(("feedback", "offset", 1.0), ("chain", "offset", 1.0), ("group:0", "intermittent", 2.0)),
        *(
            ("group:0", "swapped", 9.0),
            ("current_a", "swapped", 1.0),
            ("group:0", "swapped", 0.0),
            ("group:0", "quantised", 0.0),
        ),
    ],
)
def test_a_fault_that_a_channel_cannot_have_is_refused_in_one_line(channel: str, kind: str, severity: float) -> None:
    bench = Bench()
    with pytest.raises(ValueError, match=f"{channel}|swapped|group:9") as caught:
        bench.sensors.set_fault(channel, kind, severity)
    assert "\n" not in str(caught.value)
    assert bench.sensors.felt == {}


def test_a_pack_without_sensor_b_says_so() -> None:
    bench = Bench(replaced(Pack, PACK_FIELDS, BENCH, current_b_sensor=None))
    (signals,) = (s for name, s in messages(bench.tick(4.0)) if name == "HIL_CURRENT")
    assert str(signals["current_b"]) == "not_ready"
    assert "current_b" not in bench.sensors.channels


def test_slow_groups_are_sent_once_a_period() -> None:
    slow = replaced(Sensor, SENSOR_FIELDS, BENCH.group_sensor, period_ms=50)
    bench = Bench(replaced(Pack, PACK_FIELDS, BENCH, group_sensor=slow))
    names = [name for name, _ in messages(bench.ticks(50))]
    assert names.count("HIL_GROUPS") == 2 * 10
    assert names.count("HIL_CURRENT") == 50


def test_every_kind_of_fault_belongs_to_some_channel() -> None:
    possible = {kind for channel in Sensors(EV, 1).channels.values() for kind in channel.kinds}
    assert possible == set(KINDS)
    assert {kind for kinds in FRAME_KINDS.values() for kind in kinds} <= set(KINDS)
