"""Every board keeps the firmware's contract, has each pin once, boots with emulated chips, and dies with its coils open."""

import ast
import importlib
import inspect
import os
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

import boards.main
from bms.app import App
from bms.packs.bench_24 import PACK as BENCH_24
from bms.packs.ev_240 import PACK as EV_240
from bms.safety import snapshot as S
from bms.schema import Pack, group_count, layer_count
from boards.parts.inputs import NETS as DIRECT
from boards.parts.mainboard import Mainboard, cause_of
from boards.parts.nets import NEEDED, Nets
from boards.unix.board import Board as UnixBoard
from hil.chips.can_controller import CanController
from hil.chips.world import World
from hil.deploy.boards import BOARDS
from hil.deploy.closure import path_of, sources

ROOT = Path(__file__).resolve().parent.parent
HARDWARE = ("nucleo_h723zg", "nucleo_g474re", "pybv11", "pico2_mcp2515")
every_board = pytest.mark.parametrize("name", HARDWARE)
NEGATIVE, POSITIVE = 1, 4


def table(name: str) -> Any:
    return importlib.import_module(f"boards.{name}.pins")


def contract() -> dict[str, list[str]]:
    """Method -> argument names of bms.board.Board, read from its source: it is not there at run time."""
    tree = ast.parse((ROOT / "bms" / "board.py").read_text(encoding="utf-8"))
    board = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "Board")
    methods = [node for node in board.body if isinstance(node, ast.FunctionDef)]
    return {method.name: [argument.arg for argument in method.args.args] for method in methods}


def attributes() -> list[str]:
    tree = ast.parse((ROOT / "bms" / "board.py").read_text(encoding="utf-8"))
    board = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "Board")
    return [node.target.id for node in board.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]


def resting(name: str, pack: Pack, layer_V: float = 3.7) -> World:
    """A pack at rest, everything in order."""
    world = World(name, pack)
    for chip in world.chain.chips:
        chip.cell_V = [layer_V] * 16
        chip.gpio_V = [1.5] * 10  # 25 degC
    steps = pack.pack_sensor.high_m // 80000 + 1
    pack_V = layer_V * layer_count(pack)
    world.shunts[0x40].chip.bus_uV = round(pack_V * 1e6 / steps)
    world.inputs(feedback=0, crash=False, fuse=True, charger=False, coils=True)
    return world


def run(world: World, ticks: int) -> tuple[Any, App]:
    board = world.board()
    app = App(world.pack, board)
    for _ in range(ticks):
        board.wait()
        app.tick()
    return board, app


@pytest.mark.parametrize("board", [Mainboard, UnixBoard])
def test_a_board_has_every_method_of_the_contract_with_its_argument_names(board: type) -> None:
    wanted = contract()
    assert len(wanted) > 10
    for method, arguments in wanted.items():
        assert list(inspect.signature(getattr(board, method)).parameters) == arguments, method


@every_board
def test_a_hardware_board_is_a_mainboard_and_has_the_attributes_of_the_contract(name: str) -> None:
    board = resting(name, BENCH_24).board()
    assert [base.__name__ for base in type(board).__mro__].count("Mainboard") == 1
    for attribute in attributes():
        assert hasattr(board, attribute), attribute


@every_board
def test_no_net_and_no_pin_stands_twice_and_every_row_is_whole(name: str) -> None:
    rows = table(name).PINS
    assert len({row[0] for row in rows}) == len({row[1] for row in rows}) == len(rows)
    for net, _, direction, what in rows:
        assert direction in ("bus", "out", "in", "edge", "pwm", "adc"), net
        assert what and net == net.upper()


@every_board
def test_every_net_that_the_parts_ask_for_is_in_the_table(name: str) -> None:
    directions = {row[0]: row[2] for row in table(name).PINS}
    for net, direction in NEEDED:
        assert directions[net] == direction, net
    expanded = any(part == "tca9554" for part, *_ in table(name).PARTS)
    for net in DIRECT:
        assert (net in directions) is not expanded, net


@pytest.mark.parametrize(("name", "extra"), [("nucleo_h723zg", {}), ("nucleo_g474re", {}), ("pybv11", {"Y8": 15, "Y9": 10})])
def test_no_two_interrupts_of_an_stm32_share_a_line(name: str, extra: dict[str, int]) -> None:
    edges = [row[1] for row in table(name).PINS if row[2] == "edge"]
    lines = [extra[pin] if pin in extra else int(pin[2:]) for pin in edges]
    assert len(set(lines)) == len(lines) == 2


class Registers(dict[int, int]):
    """stm.mem32 of an STM32G474: RM0440 has PWR at 0x40007000 and UCPD_DBDIS in bit 14 of its third register."""

    dead_battery = property(lambda self: not self[0x4000_7008] >> 14 & 1)


@pytest.mark.parametrize("before", [0x8000, 0xC000, 0xFFFF_FFFF])
def test_the_usb_pull_downs_are_gone_before_a_pin_that_switches_them_is_driven(
    before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = resting("nucleo_g474re", BENCH_24)
    registers = Registers({0x4000_7008: before})
    monkeypatch.setitem(__import__("sys").modules, "stm", SimpleNamespace(PWR=0x4000_7000, mem32=registers))
    pulled = []
    for pin in ("PA9", "PA10"):
        world.mcu.pad(pin).watchers.append(lambda level: pulled.append(registers.dead_battery))
    run(world, 5)
    assert registers == {0x4000_7008: before | 0x4000}
    assert pulled and not any(pulled)


def test_the_channels_of_old_firmware_are_those_of_the_table() -> None:
    pins = table("pybv11")
    pwm = {row[0]: row[3] for row in pins.PINS if row[2] == "pwm"}
    assert set(pins.CHANNELS) == set(pwm)
    for net, (timer, channel) in pins.CHANNELS.items():
        assert pwm[net].startswith(f"TIM{timer}_CH{channel},"), net


def test_the_two_pins_of_a_slice_of_the_rp2350_share_a_frequency() -> None:
    groups: dict[int, set[bool]] = {}
    for net, pin, direction, _ in table("pico2_mcp2515").PINS:
        if direction == "pwm":
            groups.setdefault(pin // 2, set()).add(net.startswith("COIL_"))
    assert all(len(kinds) == 1 for kinds in groups.values())


def test_a_net_of_another_direction_or_that_is_not_there_is_refused() -> None:
    nets = Nets(World("nucleo_h723zg", BENCH_24).mcu.module, table("nucleo_h723zg").PINS)
    with pytest.raises(ValueError, match="CAN_TX is bus, not out"):
        nets.output("CAN_TX")
    with pytest.raises(KeyError):
        nets.input("NOBODY")


@every_board
def test_a_board_boots_sees_its_pack_and_finds_nothing_wrong(name: str) -> None:
    world = resting(name, BENCH_24)
    board, app = run(world, 150)
    assert app.last_error is None and not app.lane_failed
    snap = app.snap
    assert list(snap.group_mV) == pytest.approx([22200] * 4, abs=6)
    assert list(snap.stack_mV) == pytest.approx([88800], abs=10)
    assert list(snap.probe_ddegC) == pytest.approx([250] * 8, abs=3)
    assert snap.value[S.PACK_mV] == pytest.approx(88800, abs=10)
    assert snap.value[S.CURRENT_A_mA] == pytest.approx(0, abs=4)
    assert snap.value[S.INSULATION_kohm] == pytest.approx(20000, abs=300)
    assert snap.value[S.COOLANT_INLET_ddegC] == pytest.approx(250, abs=3)
    assert snap.value[S.COOLANT_FLOW_dl_min] == pytest.approx(80, abs=2)
    assert snap.value[S.SUPPLY_mV] == pytest.approx(12000, abs=20)
    inputs = [snap.value[k] for k in range(S.FEEDBACK_bits, S.INSULATION_kohm) if k != S.SUPPLY_mV]
    assert inputs == [0, 1, 0, 1, 0, 1]
    assert app.monitor.severity == 0
    assert board.pace.late_ticks == 0
    assert world.chain.unknown == []
    assert world.coils == 0


@every_board
def test_the_watchdogs_are_fed_once_a_tick_and_only_by_alive(name: str) -> None:
    world = resting(name, BENCH_24)
    run(world, 50)
    assert len(world.mcu.fed_us) == 51  # once when it was started
    assert world.relay.pulses == 51  # once when the pin became an output
    assert world.relay.closed and not world.mcu.bitten
    board = world.board()
    before = world.relay.pulses
    snap, mailbox = S.Snapshot(BENCH_24), SimpleNamespace(put=lambda *_: None)
    for _ in range(20):
        board.wait()
        board.sample(snap, mailbox)
        board.contactors(0, 0)
    assert world.relay.pulses == before


@every_board
def test_a_board_that_is_not_alive_loses_its_coils_within_a_tenth_of_a_second_and_is_reset(name: str) -> None:
    world = resting(name, BENCH_24)
    board = world.board()
    for _ in range(10):
        board.wait()
        board.contactors(NEGATIVE | POSITIVE, 100)
        board.alive()
    assert world.coils == NEGATIVE | POSITIVE and world.relay.closed
    world.clock.run(101_000)  # the program hangs
    assert not world.relay.closed
    world.clock.run(100_000)
    assert world.mcu.bitten


@every_board
def test_a_held_i2c_line_is_as_if_its_devices_were_gone_and_starves_no_watchdog(name: str) -> None:
    seen = []
    for held in (False, True):
        world = resting(name, BENCH_24)
        board = world.board()
        app = App(world.pack, board)
        told = []
        for tick in range(150):
            if tick == 60:
                world.i2c.held = held
                world.i2c.absent.update(() if held else world.i2c.devices)
            board.wait()
            begun_us = world.clock.now_us
            app.tick()
            assert world.clock.now_us - begun_us <= 2000  # one timeout a tick
            assert not world.mcu.bitten and world.relay.closed
            snap = app.snap
            told.append((snap.bad_bits, list(snap.reason), list(snap.age_ms), app.monitor.severity))
        assert max(b - a for a, b in pairwise(world.mcu.fed_us)) <= 20_000
        assert board.pace.late_ticks == 0
        assert told[60][0] & S.CURRENT and told[60][1][S.CURRENT_A_mA] == S.NOT_READY
        assert told[59][3] == 0 < told[-1][3]
        seen.append(told)
    assert seen[0] == seen[1]


@every_board
def test_a_line_that_is_let_go_gives_its_devices_back(name: str) -> None:
    world = resting(name, BENCH_24)
    board = world.board()
    snap, mailbox = S.Snapshot(BENCH_24), SimpleNamespace(put=lambda *_: None)
    for tick in range(30):
        world.i2c.held = 10 <= tick < 20
        board.wait()
        board.sample(snap, mailbox)
        board.alive()
    assert snap.fresh_bits & S.CURRENT and snap.reason[S.CURRENT_A_mA] == S.OK


@every_board
def test_a_lane_that_fails_opens_the_coils_and_feeds_nobody(name: str) -> None:
    world = resting(name, BENCH_24)
    board, app = run(world, 20)
    board.contactors(NEGATIVE | POSITIVE, 100)
    board.thermal(500, 500)
    pulses = world.relay.pulses

    def broken(*_: object) -> int:
        raise ValueError("a bit has fallen over")

    app.machine.step = broken  # type: ignore[method-assign,assignment]
    for _ in range(25):
        board.wait()
        app.tick()
    assert app.lane_failed
    assert world.coils == 0 and world.permille("HEATER") == world.permille("COOLER") == 0
    assert world.relay.pulses == pulses
    assert not world.relay.closed and world.mcu.bitten


@every_board
def test_whatever_ends_the_main_loop_leaves_no_coil_driven(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = resting(name, BENCH_24)
    made: list[Any] = []

    class Dying:
        def __init__(self, pack: Pack, board: Any) -> None:
            self.board = board
            self.ticks = 0
            made.append(self)

        def tick(self) -> None:
            self.ticks += 1
            self.board.contactors(NEGATIVE | POSITIVE, 30)
            assert world.coils == NEGATIVE | POSITIVE
            if self.ticks == 3:
                raise MemoryError

    module = world.mcu.board(name)
    monkeypatch.setitem(__import__("sys").modules, f"boards.{name}.board", module)
    with pytest.raises(MemoryError):
        boards.main.run(name, "bench_24", Dying)
    assert made[0].ticks == 3
    assert world.coils == 0


def test_a_pack_of_ten_stacks_has_ten_monitors_and_every_value_its_place() -> None:
    world = resting("nucleo_h723zg", EV_240)
    for stack, chip in enumerate(world.chain.chips):
        chip.cell_V = [3.6 + 0.001 * (10 * stack + k) for k in range(16)]
    board = world.board()
    snap, mailbox = S.Snapshot(EV_240), SimpleNamespace(put=lambda *_: None)
    for _ in range(5):
        board.wait()
        board.sample(snap, mailbox)
        board.alive()
    per_stack = len(EV_240.taps)
    for k in range(group_count(EV_240)):
        stack, cell = divmod(k, per_stack)
        volts = 3.6 + 0.001 * (10 * stack + cell)
        assert snap.group_mV[k] == pytest.approx(1000 * volts * EV_240.taps[cell], abs=2), k
    for stack in range(EV_240.stacks):
        volts = 3.6 + 0.001 * (10 * stack + per_stack)
        assert snap.stack_mV[stack] == pytest.approx(1000 * volts * sum(EV_240.taps), abs=6), stack


STM32 = {"PWRON_RESET": 1, "HARD_RESET": 2, "WDT_RESET": 3, "DEEPSLEEP_RESET": 4, "SOFT_RESET": 0}
RP2 = {"PWRON_RESET": 1, "WDT_RESET": 3}


@pytest.mark.parametrize(
    ("port", "number", "cause"),
    [(STM32, 1, 1), (STM32, 2, 2), (STM32, 3, 3), (STM32, 4, 4), (STM32, 0, 5), (STM32, 9, 0), (RP2, 3, 3), (RP2, 7, 0)],
)
def test_the_cause_of_a_reset_goes_by_name(port: dict[str, int], number: int, cause: int) -> None:
    machine = ModuleType("machine")
    vars(machine).update(port, reset_cause=lambda: number)
    assert cause_of(machine) == cause


class OldPyb:
    """pyb of firmware without machine.CAN and machine.PWM, as far as the board asks."""

    def __init__(self, world: World) -> None:
        self.widths: dict[tuple[int, int], int] = {}
        outer, can = self, cast(CanController, world.can)

        class Timer:
            PWM = 0

            def __init__(self, number: int, *, freq: int) -> None:
                self.number = number

            def period(self) -> int:
                return 8399

            def channel(self, number: int, mode: int, *, pin: object, pulse_width: int) -> Any:
                key = (self.number, number)
                outer.widths[key] = pulse_width
                return SimpleNamespace(pulse_width=lambda counts: outer.widths.__setitem__(key, counts))

        class CAN:
            NORMAL, MASK32 = 0, 2

            def __init__(self, *_: object, **__: object) -> None:
                self.setfilter = self.rxcallback = lambda *_, **__: None
                self.any: Callable[[int], bool] = lambda fifo: False
                self.info = lambda out: out.__setitem__(5, 0)
                self.send = lambda data, id, **_: can.send(id, data)
                self.state, self.restart = can.state, can.restart

        self.Timer, self.CAN = Timer, CAN


def test_a_pyboard_with_old_firmware_drives_its_coils_by_timers_and_speaks_by_pyb() -> None:
    world = resting("pybv11", BENCH_24)
    del world.mcu.module.CAN, world.mcu.module.PWM
    pyb = OldPyb(world)
    module = world.mcu.board("pybv11", pyb)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "pyb", pyb)
        board = module.Board(BENCH_24)
    board.contactors(POSITIVE, 100)
    assert pyb.widths == {(8, 1): 0, (8, 2): 0, (3, 3): 8400, (3, 4): 0, (5, 1): 0, (5, 2): 0}
    board.wait()
    assert board.can_send(0x123, bytearray(8), False)
    board.wait()
    assert world.can.collect()[:4] == bytes([0x23, 0x01, 0, 0])


def test_no_board_takes_a_micropython_in_which_an_assignment_to_a_slice_allocates() -> None:
    ticked = [path.read_text(encoding="utf-8") for path in (ROOT / "boards" / "parts").glob("*.py")]
    assert any("[:] = " in text for text in ticked)
    assert {board.name: board.oldest for board in BOARDS if board.oldest < (1, 26)} == {}


class Manifest:
    """What MicroPython's tools/manifestfile.py makes of a manifest (1.29): names of packages are paths, their dots stay dots;
    a folder is walked, and one that is not there has nothing in it; a file that is named must be there."""

    def __init__(self, text: str, folder: Path) -> None:
        self.folder = folder
        self.frozen: set[str] = set()  # paths, as they are imported from
        self.included: list[str] = []
        words = {"package": self.package, "module": self.module, "freeze": self.freeze, "include": self.included.append}
        exec(compile(text, "manifest.py", "exec"), words)

    def package(self, path: str, files: Iterable[str] | None = None, base_path: str = ".", opt: int | None = None) -> None:
        self._search(base_path, path, files)

    def module(self, path: str, base_path: str = ".", opt: int | None = None) -> None:
        assert path.endswith(".py"), path
        self._search(base_path, "", (path,))

    def freeze(self, path: str, script: str | Iterable[str] | None = None, opt: int | None = None) -> None:
        if isinstance(script, str) and (self.folder / path / script).is_dir():
            self._search(path, script, None)
        else:
            self._search(path, "", (script,) if isinstance(script, str) else script)

    def _search(self, base_path: str, path: str, files: Iterable[str] | None) -> None:
        base = os.path.normpath(self.folder / base_path)
        if files is not None:
            for file in files:
                assert os.path.isfile(os.path.join(base, path, file)), f"{path}/{file} is not there"
                self.frozen.add(os.path.join(path, file))
            return
        for place, _, names in os.walk(os.path.join(base, path), followlinks=True):
            self.frozen |= {os.path.relpath(os.path.join(place, name), base) for name in names if name.endswith(".py")}


@every_board
def test_a_manifest_names_every_module_that_the_board_imports(name: str) -> None:
    folder = ROOT / "boards" / name
    manifest = Manifest((folder / "manifest.py").read_text(encoding="utf-8"), folder)
    assert manifest.included == ["$(PORT_DIR)/boards/manifest.py"]
    for bench in (False, True):
        needed = set()
        for module in sources(name, BENCH_24, ROOT / "bms" / "packs" / "bench_24.py", bench):
            path = path_of(module)
            assert path is not None
            needed.add(path.relative_to(ROOT).as_posix())
        assert {"bms/safety/monitor.py", "boards/logs.py", f"boards/{name}/pins.py"} <= needed
        assert needed - manifest.frozen == set()


def test_a_manifest_with_dots_freezes_nothing_and_one_with_a_file_that_is_gone_is_refused() -> None:
    folder = ROOT / "boards" / "pybv11"
    assert Manifest('package("boards.parts", base_path="../..")', folder).frozen == set()
    assert "boards/parts/mcp2515.py" in Manifest('package("boards/parts", base_path="../..")', folder).frozen
    for line in ('package("boards/parts", ("gone.py",), base_path="../..")', 'module("gone.py")', 'freeze(".", "gone.py")'):
        with pytest.raises(AssertionError, match=r"gone\.py is not there"):
            Manifest(line, folder)
