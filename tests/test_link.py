"""What the firmware sends is what it has decided, as an independent decoder reads it; and it obeys only the living.

cantools and the DBC file are the independent reader; nothing of the generated codec is used to look at a frame.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cantools
import e2e.p05
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.can.e2e import ERROR, OK
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.safety import insulation
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import INVERTER_FIELDS, PACK_FIELDS, Inverter, Pack, replaced
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard
from tests.scripted_drive import SCRIPT_TICKS, play

PACKS = (bench_24.PACK, ev_240.PACK)
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
DBC: Any = cantools.database.load_file(Path(__file__).parent.parent / "dbc" / "bms.dbc")
SENT = [message for message in DBC.messages if message.senders == ["BMS"]]


class Recorder(FakeBoard):
    """Keeps every frame of this tick as it left."""

    def __init__(self, pack: Pack, cause: int = 1) -> None:
        super().__init__(pack, cause=cause)
        self.now: dict[int, bytes] = {}
        self.times: dict[int, list[int]] = {}

    def sample(self, snap: Any, mailbox: Any) -> int:
        self.now = {}
        return super().sample(snap, mailbox)

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        assert identifier not in self.now, "one frame of a kind in a tick"
        self.now[identifier] = bytes(data)
        self.times.setdefault(identifier, []).append(self.ticks)
        return super().can_send(identifier, data, extended)

    def decoded(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """This tick's frames as cantools reads them, choices as numbers."""
        for identifier, data in self.now.items():
            message = DBC.get_message_by_frame_id(identifier)
            yield message.name, dict(message.decode(data, decode_choices=False))


def whole_energy_Wh(pack: Pack) -> float:
    """Under the OCV of all layers, from empty to full."""
    ocv_V = [mV / 1000 for mV in pack.cell.ocv_mV]
    mean_V = sum((a + b) / 2 for a, b in itertools.pairwise(ocv_V)) / (len(ocv_V) - 1)
    return mean_V * pack.cell.capacity_mAh / 1000 * sum(pack.taps) * pack.stacks


def clipped(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def check(app: App, name: str, got: dict[str, Any]) -> None:
    """Every signal of a frame against what the firmware knows in this tick."""
    if name == "BMS_LIMITS":
        assert got["charge_limit"] == pytest.approx(app.envelope.charge_dA / 10)
        assert got["discharge_limit"] == pytest.approx(app.envelope.discharge_dA / 10)
        assert (got["charge_reason"], got["discharge_reason"]) == (app.envelope.charge_reason, app.envelope.discharge_reason)
    elif name == "BMS_STATE":
        assert got["state"] == app.machine.state
        assert got["contactors_commanded"] == app.contactor.mask
        assert got["contactors_feedback"] == app.snap.value[S.FEEDBACK_bits]
        assert got["severity"] == app.monitor.severity
        assert got["request_accepted"] == app.link.accepted
        assert (got["first_cause"], got["first_cause_where"]) == (app.monitor.first_cause, app.monitor.first_where)
    elif name == "BMS_PACK":
        assert got["pack_voltage"] == pytest.approx(clipped(app.snap.value[S.PACK_mV] / 1000, 0, 2097.151))
        assert abs(got["pack_current"] - app.snap.current_mA / 1000) <= 0.05 + 1e-9
        assert (got["pack_current"] > 0) == (app.snap.current_dA > 0), "positive current charges"
    elif name == "BMS_LINK":
        assert got["link_voltage"] == pytest.approx(clipped(app.snap.value[S.LINK_mV] / 1000, 0, 2097.151))
    elif name == "BMS_SOC":
        assert got["soc_low"] <= got["soc"] <= got["soc_high"]
        assert got["soc_low"] == pytest.approx(app.coulomb.low_permille / 10)
        assert got["soc_high"] == pytest.approx(app.coulomb.high_permille / 10)
        assert 0 <= got["soc_sigma"] <= 100
    elif name == "BMS_BOUNDS":
        assert got["layer_high"] == pytest.approx(clipped(app.bound.layer_high_mV / 1000, 0, 8.191))
        assert got["layer_low"] == pytest.approx(clipped(app.bound.layer_low_mV / 1000, 0, 8.191))
        means = [app.snap.group_mV[g] / app.snap.layers[g] for g in range(app.snap.groups)]
        assert means[got["layer_high_group"]] == max(means)
        assert means[got["layer_low_group"]] == min(means)
    elif name == "BMS_TEMPERATURE":
        assert got["layer_hottest"] == pytest.approx(clipped(app.bound.hot_ddegC / 10, -204.8, 204.7))
        assert got["layer_coldest"] == pytest.approx(clipped(app.bound.cold_ddegC / 10, -204.8, 204.7))
    elif name in ("BMS_LIMITS_2S", "BMS_LIMITS_10S", "BMS_LIMITS_30S"):
        for side, now_dA in (("charge", app.envelope.charge_dA), ("discharge", app.envelope.discharge_dA)):
            assert 0 <= got[f"{side}_limit_{name.rpartition('_')[2].lower()}"] <= now_dA / 10 + 1e-9
    elif name == "BMS_SOH":
        assert got["soh"] == pytest.approx(204.7), "nobody has said anything yet"
        assert got["soh_sigma"] == 100
    elif name == "BMS_STACKS":
        for k in range(3):
            s = 3 * got["index"] + k
            assert got[f"stack_{k}_voltage"] == pytest.approx(app.snap.stack_mV[s] / 1000 if s < app.snap.stacks else -524.288)
    elif name == "BMS_PROBES":
        for k in range(5):
            i = 5 * got["index"] + k
            expected = app.snap.probe_ddegC[i] / 10 if i < app.snap.probes else -204.8
            assert got[f"probe_{k}_temperature"] == pytest.approx(expected)
    elif name == "BMS_THERMAL_REQUEST":
        thermal = app.rounds.thermal
        assert (got["thermal_mode"], got["thermal_reason"]) == (thermal.mode, thermal.reason)
        assert got["thermal_power"] == (thermal.heater_permille + thermal.cooler_permille) // 10
    elif name == "BMS_THERMAL_CYCLES":
        cycles, stack = app.rounds.cycles, int(got["index"])
        assert got["largest_swing"] == pytest.approx(cycles.largest_ddegC(stack) / 10)
        assert (got["half_swings"], got["swing_damage"]) == (cycles.half_swings(stack), cycles.damage_ppm(stack))
    elif name == "BMS_INSULATION":
        volts = -(-app.snap.value[S.PACK_mV] // 1000)
        kohm = app.rounds.insulation.kohm
        assert (kohm, got["insulation"]) in ((20_000, 20_000_000), (insulation.NOT_FITTED, 65_535_000))
        assert got["insulation_ohm_per_volt"] == min(kohm * 1000 // volts, 65533) or kohm == insulation.NOT_FITTED
    elif name == "BMS_BUS":
        assert (got["frames_late"], got["frames_foreign"], got["bus_offs"]) == (0, app.link.foreign, 0)
    elif name == "BMS_ENERGY":
        assert got["energy_remaining"] + got["energy_to_full"] == pytest.approx(whole_energy_Wh(app.pack), abs=2)
        assert got["energy_certain"] <= got["energy_remaining"]
    elif name == "BMS_THROUGHPUT":
        energy = app.rounds.energy
        assert (got["energy_charged"], got["energy_discharged"]) == (energy.charged_Wh, energy.discharged_Wh)
    elif name == "BMS_FAULTS":
        assert len(got) == 5, "a page has two words"
        for signal, word in got.items():
            if not signal.startswith("faults"):
                continue
            first = int(signal.split("_")[1])
            standing = [row.id for row in F.TABLE if app.monitor.is_active(row.id)]
            assert word == sum(1 << number - first for number in standing if first <= number < first + 16)
    elif name == "BMS_CHARGE_REQUEST":
        assert got["charge_enable"] == (app.machine.state == M.CHARGE and got["charge_current"] > 0)
        asked_dA = app.rounds.fastcharge.request_dA
        assert asked_dA <= app.envelope.charge_dA
        assert got["charge_current"] == pytest.approx(asked_dA / 10 if got["charge_enable"] else 0)
    elif name == "BMS_CHARGE_PLAN":
        fastcharge = app.rounds.fastcharge
        told = [got[f"charge_{signal}"] for signal in ("profile", "phase", "end", "binding", "remaining")]
        left_s = fastcharge.remaining.remaining_s
        assert told == [fastcharge.profile, fastcharge.phase, fastcharge.end_reason, fastcharge.binding, left_s]
        assert got["charge_target"] == pytest.approx(fastcharge.target_permille / 10)
    elif name == "BMS_IDENTITY":
        assert got["layer_count"] == sum(app.pack.taps) * app.pack.stacks
        assert got["group_count"] == len(app.snap.group_mV)
        assert got["capacity"] == pytest.approx(app.pack.cell.capacity_mAh / 1000)
    elif name == "BMS_GROUPS":
        for k in range(3):
            g = 3 * got["index"] + k
            expected = app.snap.group_mV[g] / 1000 if g < app.snap.groups else -262.144
            if g < app.snap.groups and app.snap.group_age_ms[g] > app.pack.group_sensor.deadline_ms:
                expected = -262.143
            assert got[f"group_{k}_voltage"] == pytest.approx(expected)
    elif name == "BMS_TIMING":
        assert got["uptime"] == app.clock.uptime_s
        assert got["late_ticks"] == app.clock.late_ticks


@each_pack
def test_every_frame_of_a_whole_drive_decodes_to_what_the_firmware_decided(pack: Pack) -> None:
    board = Recorder(pack)
    app = App(pack, board)
    seen = set()
    for tick in range(SCRIPT_TICKS):
        play(app, board, tick)
        for name, got in board.decoded():
            check(app, name, got)
            seen.add(name)
    assert seen == {message.name for message in SENT}


@each_pack
def test_every_frame_keeps_the_period_its_file_declares(pack: Pack) -> None:
    board = Recorder(pack)
    app = App(pack, board)
    for tick in range(400):
        play(app, board, tick)
    for message in SENT:
        times = board.times[message.frame_id]
        gaps = {b - a for a, b in itertools.pairwise(times)}
        assert gaps <= {(message.cycle_time or 0) // 10}, message.name
        assert times[0] <= (message.cycle_time or 0) // 10


@each_pack
def test_the_frames_are_spread_over_the_ticks(pack: Pack) -> None:
    """A controller with three mailboxes and a queue: no tick sends more than four, which 500 kbit/s carry in a millisecond."""
    board = Recorder(pack)
    app = App(pack, board)
    for tick in range(220):
        play(app, board, tick)
        assert len(board.now) <= 4


@each_pack
def test_every_protected_frame_passes_the_independent_check_with_a_counter_one_up_each_time(pack: Pack) -> None:
    board = Recorder(pack)
    app = App(pack, board)
    last: dict[int, int] = {}
    protected = {message.frame_id for message in SENT if message.signals[0].name == "e2e_crc"}
    assert len(protected) == 16
    for tick in range(600):
        play(app, board, tick)
        for identifier, data in board.now.items():
            if identifier in protected:
                assert e2e.p05.e2e_p05_check(data, identifier)
                assert identifier not in last or data[2] == (last[identifier] + 1) & 0xFF
                last[identifier] = data[2]


def ticks_until_active(app: App, number: int) -> int:
    """Ticks until the fault stands."""
    for k in range(200):
        app.tick()
        if app.monitor.is_active(number):
            return k
    raise AssertionError(number)


def driving(pack: Pack) -> tuple[App, Recorder]:
    board = Recorder(pack)
    app = App(pack, board)
    for k in range(150):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
    assert app.machine.state == M.DRIVE
    return app, board


@each_pack
@pytest.mark.parametrize("how", ["silent", "frozen", "spoilt", "foreign"])
def test_a_lost_command_takes_the_current_away_in_time_and_not_before(pack: Pack, how: str) -> None:
    app, board = driving(pack)
    if how == "silent":
        board.command_silent = 1
    elif how == "frozen":
        board.command_frozen = 1
    else:
        board.command_flip_bit = 17 if how == "spoilt" else 63
    row = next(row for row in F.TABLE if row.name == "command_lost")
    since = ticks_until_active(app, row.id)
    assert pack.command_deadline_ms - 60 <= since * 10 <= pack.command_deadline_ms + 20
    assert since * 10 <= row.budget_ms
    state = dict(board.decoded())["BMS_LIMITS"]
    assert (state["charge_limit"], state["discharge_limit"]) == (0, 0)


@each_pack
def test_a_charger_that_falls_silent_takes_the_current_away_in_time(pack: Pack) -> None:
    board = Recorder(pack)
    app = App(pack, board)
    for k in range(250):
        board.request = CHARGE if k > 20 else OPEN
        app.tick()
    assert app.machine.state == M.CHARGE
    board.charger_silent = 1
    row = next(row for row in F.TABLE if row.name == "charger_lost")
    since = ticks_until_active(app, row.id)
    assert pack.charger_deadline_ms - 110 <= since * 10 <= row.budget_ms


@settings(max_examples=60)
@given(bit=st.integers(0, 63), ticks=st.integers(6, 20))
def test_no_command_with_a_wrong_bit_is_ever_obeyed(bit: int, ticks: int) -> None:
    app, board = driving(bench_24.PACK)
    board.command_flip_bit = bit
    board.request = OPEN
    board.reset_faults = 1
    for _ in range(ticks):
        app.tick()
        assert app.link.wish == M.WISH_DRIVE
        assert not app.link.reset


@given(identifier=st.integers(0, 0x1FFFFFFF), extended=st.booleans(), data=st.binary(max_size=64))
def test_whatever_else_is_on_the_bus_is_counted_and_changes_nothing(identifier: int, extended: bool, data: bytes) -> None:
    app = _QUIET
    before = (app.link.wish, app.link.foreign)
    app.link.put(identifier, extended, memoryview(bytearray(data)))
    app.link.receive(10)
    assert app.link.wish == before[0]
    known = not extended and identifier in (0x200, 0x210) and len(data) == 8
    assert app.link.foreign == (before[1] + (not known)) & 0xFFFF
    assert not app.link.reset


_QUIET = App(bench_24.PACK, FakeBoard(bench_24.PACK))


def test_a_held_reset_button_resets_once_and_one_held_at_start_not_at_all() -> None:
    board = FakeBoard(bench_24.PACK)
    board.reset_faults = 1
    app = App(bench_24.PACK, board)
    pressed = 0
    for k in range(200):
        board.reset_faults = 1 if k < 60 or k >= 100 else 0
        app.tick()
        pressed += app.link.reset
    assert pressed == 1


@each_pack
def test_a_controller_without_room_is_counted_and_stops_nothing(pack: Pack) -> None:
    app, board = driving(pack)
    board.refuse = 1
    for _ in range(100):
        app.tick()
    assert app.link.outbox.late > 100
    assert app.machine.state == M.DRIVE
    assert board.fed == board.ticks


@each_pack
def test_one_alarm_on_the_wire_is_one_bit_of_the_file(pack: Pack) -> None:
    """Battery-Emulator's 0x359: encode and decode are the identity for every alarm bit."""
    board = Recorder(pack)
    app = App(pack, board)
    for number in range(F.ROOM):
        for k in range(len(app.monitor.words)):
            app.monitor.words[k] = 0
        app.monitor.words[number // 16] = 1 << number % 16
        seen: list[int] = []
        for _ in range(F.ROOM // 32):
            app.link.vital._faults()
            data = bytearray(8)
            app.link.vital.faults.pack(data)
            got = DBC.get_message_by_name("BMS_FAULTS").decode(data)
            for signal, word in got.items():
                if signal.startswith("faults"):
                    seen += [int(signal.split("_")[1]) + bit for bit in range(16) if word >> bit & 1]
        assert seen == [number]


# What is put in.

COMMAND, CHARGER = (DBC.get_message_by_name(name).frame_id for name in ("VCU_COMMAND", "CHG_STATUS"))
CHECKED = {(COMMAND, False), (CHARGER, False)}
HEARD: dict[str, list[tuple[int, bool, bytes]]] = {
    "victron": [(0x305, False, bytes(8)), (0x307, False, b"\0\0\0\0VIC\0")],
    "pylontech": [(0x305, False, bytes(8))],
    "sma": [(0x305, False, bytes(8)), (0x306, False, bytes(8))],
    "elcon": [(0x18FF50E5, True, bytes(8))],
}


def with_peer(protocol: str) -> Pack:
    """The stationary pack with an inverter of that protocol, or with an Elcon in place of our charger."""
    if protocol == "elcon":
        return replaced(Pack, PACK_FIELDS, bess_14.PACK, charger_protocol="elcon", charger_deadline_ms=2500)
    assert bess_14.PACK.inverter is not None
    inverter = replaced(Inverter, INVERTER_FIELDS, bess_14.PACK.inverter, protocol=protocol)
    return replaced(Pack, PACK_FIELDS, bess_14.PACK, inverter=inverter)


APPS = {protocol: App(with_peer(protocol), FakeBoard(with_peer(protocol))) for protocol in HEARD}
each_protocol = pytest.mark.parametrize("protocol", HEARD)


class Sender:
    """The vehicle or a charger: whole frames, each one up."""

    def __init__(self, app: App, name: str) -> None:
        self.link = app.link
        self.message = DBC.get_message_by_name(name)
        self.counter = 0

    def frame(self, **values: int) -> bytearray:
        self.counter = (self.counter + 1) & 0xFF
        rest = {signal.name: 0 for signal in self.message.signals}
        data = bytearray(self.message.encode(rest | values | {"e2e_counter": self.counter}, scaling=False))
        e2e.p05.e2e_p05_protect(data, self.message.frame_id, increment_counter=False)
        return data

    def put(self, data: bytearray) -> None:
        self.link.put(self.message.frame_id, False, memoryview(data))


def listening() -> tuple[App, Sender, Sender]:
    """A firmware that has accepted a command to open and a charger's status."""
    app = App(bench_24.PACK, FakeBoard(bench_24.PACK))
    vehicle, charger = Sender(app, "VCU_COMMAND"), Sender(app, "CHG_STATUS")
    for _ in range(2):
        vehicle.put(vehicle.frame(request=OPEN))
        charger.put(charger.frame(charger_state=1))
        app.link.receive(10)
    assert (app.link.wish, app.link.charger_state) == (M.WISH_OPEN, 1)
    return app, vehicle, charger


def known(app: App) -> tuple[Any, ...]:
    """What the firmware believes of vehicle and charger."""
    link = app.link
    return (link.wish, link.reset, link.charger_state, link.command_check.age_ms, link.charger_check.age_ms)


@each_protocol
@given(
    who=st.one_of(
        st.tuples(st.integers(0, 0x7FF), st.just(False)),
        st.tuples(st.integers(0, 0x1FFFFFFF), st.just(True)),
        st.sampled_from([(i, x) for i in (0x200, 0x210, 0x305, 0x306, 0x307, 0x18FF50E5) for x in (False, True)]),
    ),
    data=st.binary(max_size=64),
)
def test_only_the_two_protected_messages_come_to_the_check(protocol: str, who: tuple[int, bool], data: bytes) -> None:
    link = APPS[protocol].link
    checks = {(COMMAND, False): link.command_check, (CHARGER, False): link.charger_check}
    before = {key: dict(vars(check)) for key, check in checks.items()}
    foreign, wish = link.foreign, link.wish
    link.put(who[0], who[1], memoryview(bytearray(data)))
    for key, check in checks.items():
        assert (vars(check) != before[key]) <= (key == who)
        assert key != who or check.state != OK or len(data) == 8
    a_peer_s = who in [(identifier, extended) for identifier, extended, _ in HEARD[protocol]] and len(data) <= 8
    if protocol == "elcon":  # the stationary pack's inverter is there as well
        a_peer_s |= who in [(identifier, extended) for identifier, extended, _ in HEARD["victron"]] and len(data) <= 8
    assert link.foreign == (foreign + (who not in CHECKED and not a_peer_s)) & 0xFFFF
    link.receive(10)
    assert link.wish == wish


@pytest.mark.parametrize("length", [n for n in range(65) if n != 8])
@pytest.mark.parametrize("which", ["command", "charger"])
def test_a_protected_message_of_another_length_is_an_error_and_changes_nothing(which: str, length: int) -> None:
    app, vehicle, charger = listening()
    sender = vehicle if which == "command" else charger
    check, other = app.link.command_check, app.link.charger_check
    if which == "charger":
        check, other = other, check
    whole = sender.frame(request=DRIVE, reset_faults=1) if which == "command" else sender.frame(charger_state=2)
    before, errors = known(app), check.errors
    sender.put((whole + bytearray(56))[:length])
    assert known(app) == before
    assert (check.state, check.errors) == (ERROR, errors + 1)
    assert (other.state, other.errors) == (OK, 0)
    app.link.receive(10)
    assert known(app) == (*before[:3], before[3] + 10, before[4] + 10)
    assert app.link.foreign == 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5))
def test_of_several_commands_in_a_tick_the_last_counts(requests: list[int]) -> None:
    app, vehicle, _ = listening()
    for request in requests:
        vehicle.put(vehicle.frame(request=request))
    assert app.link.receive(10) == requests[-1]
    assert app.link.command_check.age_ms == 10


@given(
    spoilt=st.lists(st.tuples(st.integers(0, 63), st.booleans()), min_size=1, max_size=5),
    length=st.sampled_from([8, 8, 8, 0, 7, 9]),
)
def test_a_spoilt_frame_before_or_after_a_sound_one_of_the_same_tick_does_not_hide_it(
    spoilt: list[tuple[int, bool]], length: int
) -> None:
    app, vehicle, charger = listening()
    command, status = vehicle.frame(request=DRIVE), charger.frame(charger_state=2)

    def put_spoilt(behind: bool) -> None:
        for bit, after in spoilt:
            if after == behind:
                for sender, data in ((vehicle, command), (charger, status)):
                    wrong = bytearray(data)
                    wrong[bit >> 3] ^= 1 << (bit & 7)
                    sender.put((wrong + b"\0")[:length])

    put_spoilt(False)
    vehicle.put(command)
    charger.put(status)
    put_spoilt(True)
    app.link.receive(10)
    assert (app.link.wish, app.link.charger_state) == (M.WISH_DRIVE, 2)
    assert (app.link.command_check.age_ms, app.link.charger_check.age_ms) == (10, 10)
    assert app.link.command_check.errors == app.link.charger_check.errors == len(spoilt)


def test_a_button_pressed_and_let_go_within_a_tick_is_no_press() -> None:
    app, vehicle, _ = listening()
    for pressed in (1, 0):
        vehicle.put(vehicle.frame(request=OPEN, reset_faults=pressed))
    app.link.receive(10)
    assert not app.link.reset
    vehicle.put(vehicle.frame(request=OPEN, reset_faults=1))
    app.link.receive(10)
    assert app.link.reset


@pytest.mark.parametrize("request_", [4, 5, 6, 7])
def test_a_wish_without_a_name_leaves_the_last_one(request_: int) -> None:
    app, vehicle, _ = listening()
    vehicle.put(vehicle.frame(request=DRIVE))
    app.link.receive(10)
    vehicle.put(vehicle.frame(request=request_))
    assert app.link.receive(10) == M.WISH_DRIVE


@each_protocol
def test_a_peer_s_frame_proves_that_it_lives_at_its_own_length_alone_and_never_moves_a_command(protocol: str) -> None:
    app = App(with_peer(protocol), FakeBoard(with_peer(protocol)))
    link = app.link
    peer: Any = link._foreign_charger if protocol == "elcon" else link._inverter
    for identifier, extended, data in HEARD[protocol]:
        for length in range(9):
            peer.age_ms = 700
            before = known(app)
            link.put(identifier, extended, memoryview(bytearray(data[:length])))
            link.receive(10)
            assert (peer.age_ms == 0) == (length == 8)
            assert known(app)[:3] == before[:3]
        for others in ([data, data[:7], bytes(0)], [data[:7], data]):
            peer.age_ms = 700
            for other in others:
                link.put(identifier, extended, memoryview(bytearray(other)))
            link.receive(10)
            assert peer.age_ms == 0, "none hides another"
        peer.age_ms = 700
        link.put(identifier, not extended, memoryview(bytearray(data)))
        link.put(identifier, extended, memoryview(bytearray(9)))
        link.receive(10)
        assert peer.age_ms == 700
        assert link.foreign == 2
        link.foreign = 0


def test_a_request_nobody_knows_is_heard_and_not_accepted() -> None:
    app, board = driving(bench_24.PACK)
    assert app.link.accepted
    board.request = 6
    for _ in range(12):
        app.tick()
    assert not app.link.accepted
    assert (app.link.wish, app.machine.state) == (M.WISH_DRIVE, M.DRIVE)
    board.command_silent = 1
    board.request = DRIVE
    for _ in range(60):
        app.tick()
    assert not app.link.accepted


def named(name: str) -> int:
    """Id of a row of the fault table."""
    return int(next(row.id for row in F.TABLE if row.name == name))


@each_pack
def test_spoilt_commands_in_place_of_sound_ones_are_named_before_they_count_as_lost(pack: Pack) -> None:
    app, board = driving(pack)
    board.command_flip_bit = 20
    told = ticks_until_active(app, named("command_unsound")) * 10
    assert pack.command_deadline_ms // 2 - 60 <= told <= pack.command_deadline_ms // 2 + 20
    assert not app.monitor.is_active(named("command_lost"))
    board.command_flip_bit = -1
    for _ in range(12):
        app.tick()
    assert not app.monitor.is_active(named("command_unsound"))
    assert app.machine.state == M.DRIVE


@each_pack
def test_silence_is_no_unsound_command_and_neither_are_spoilt_ones_beside_sound_ones(pack: Pack) -> None:
    app, board = driving(pack)
    noise = memoryview(bytearray(b"spoilt!!"))
    for _ in range(100):
        app.link.put(0x200, False, noise)
        app.tick()
        assert not app.monitor.is_active(named("command_unsound"))
    app, board = driving(pack)
    board.command_silent = 1
    for _ in range(100):
        app.tick()
        assert not app.monitor.is_active(named("command_unsound"))
    assert app.monitor.is_active(named("command_lost"))


def test_spoilt_statuses_in_place_of_sound_ones_are_named_before_the_charger_counts_as_lost() -> None:
    pack = bench_24.PACK
    board = Recorder(pack)
    app = App(pack, board)
    for k in range(250):
        board.request = CHARGE if k > 20 else OPEN
        app.tick()
    assert app.machine.state == M.CHARGE
    board.charger_silent = 1
    noise = memoryview(bytearray(b"spoilt!!"))
    told_ms = 0
    while not app.monitor.is_active(named("charger_unsound")) and told_ms < 1000:
        app.link.put(0x210, False, noise)
        app.tick()
        told_ms += 10
    assert pack.charger_deadline_ms // 2 - 110 <= told_ms <= pack.charger_deadline_ms // 2 + 20
    assert not app.monitor.is_active(named("charger_lost"))


def test_an_inverter_that_has_been_silent_for_longer_than_the_pack_allows_is_a_warning_until_it_speaks() -> None:
    pack = bess_14.PACK
    assert pack.inverter is not None
    board = Recorder(pack)
    app = App(pack, board)
    for k in range(300):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
    assert app.machine.state == M.DRIVE
    assert app.link._inverter is not None
    app.link._inverter.age_ms = pack.inverter.deadline_ms - 400  # the minutes before
    since = ticks_until_active(app, named("inverter_lost")) * 10
    assert 300 <= since <= 600
    assert app.machine.state == M.DRIVE
    app.link.put(0x305, False, memoryview(bytearray(8)))
    for _ in range(25):
        app.tick()
    assert not app.monitor.is_active(named("inverter_lost"))
    assert board.fed == board.ticks
