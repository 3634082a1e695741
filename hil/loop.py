"""The tick loop: one thread, 10 ms of simulated time a turn, always in the same order.

Schedule (phases, injections) → vehicle, charger, inverter, heater → contactors and current → layers and coolant → violations →
sensors → the firmware's tick → what it answered. Firmware and actors hear each other through the bus and its faults; the
witness, the coils and the heater do not. A coil command moves a contactor in the next turn. Same seed, same bits: nothing here
asks for the time of day except for the real-time factor.
"""

import time
import zlib
from array import array
from collections.abc import Callable
from typing import Protocol

import numpy as np

from bms.schema import Pack
from boards.parts.bench_frames import HilActuators, HilBleed
from hil.actors import charger as chargers
from hil.actors import vehicle as vehicles
from hil.actors.thermal import ThermalSystem
from hil.actors.vehicle import Vehicle
from hil.actors.wire import database
from hil.bleeders import Bleeders
from hil.busfaults import Bus, require_told
from hil.cast import charger_of, inverter_of, load_of, wish_of
from hil.errors import BadInput
from hil.faults import vocabulary
from hil.heatledger import HeatLedger
from hil.highvoltage import HighVoltage
from hil.injector import Injector
from hil.judge import Run, contactor_state
from hil.options import PlantOptions
from hil.plant import ZERO_K, Plant
from hil.record import Recorder
from hil.scenario import Phase, Scenario
from hil.sensors import Sensors
from hil.targets.base import FRAME_BYTES, TargetDied
from hil.violations import Violations
from hil.witness import UNKNOWN_s, Witness

TICK_ms = 10
TICK_s = TICK_ms / 1000
SAMPLE_ms = 100
AFTERMATH_ticks = 50
"""How long the pack is watched after the firmware died: contactors must have dropped by then."""

Spy = Callable[[int, list[tuple[int, bytes]]], None]
"""Called every tick with its number and the frames the firmware sent."""


HEARD = {  # column of the record: signal of dbc/bms.dbc, raw units to one of the column
    "bound_high_mV": ("layer_high", 1),
    "bound_low_mV": ("layer_low", 1),
    "soc": ("soc", 1000),
    "soc_sigma": ("soc_sigma", 1000),
    "soc_low": ("soc_low", 1000),
    "soc_high": ("soc_high", 1000),
    "t_hot_ddegC": ("layer_hottest", 1),
    "t_cold_ddegC": ("layer_coldest", 1),
    "charge_limit_dA": ("charge_limit", 1),
    "discharge_limit_dA": ("discharge_limit", 1),
    "state": ("state", 1),
    "charge_request_dA": ("charge_current", 1),
    "charge_phase": ("charge_phase", 1),
    "charge_remaining_s": ("charge_remaining", 1),
}


class Target(Protocol):
    """The device under test, as hil.target makes it."""

    crc: int | None  # of the last tick's decisions; None outside lockstep
    late_ticks: int | None  # None in lockstep

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """One tick. TargetDied when there is no answer."""


class Bench:
    """Everything around one firmware for one scenario. `pack` must be the one the target runs with."""

    def __init__(self, scenario: Scenario, pack: Pack, seed: int, recorder: Recorder) -> None:
        self.scenario, self.pack, self.seed, self.recorder = scenario, pack, seed, recorder
        wire = database()
        self.plant = Plant(
            pack,
            PlantOptions(
                seed=seed,
                soc=scenario.soc_true,
                temperature_degC=scenario.temperature_degC,
                hysteresis=scenario.hysteresis,
                spread=scenario.spread,
                coolant_degC=scenario.coolant_degC,
                relax=scenario.relax,
            ),
        )
        self.hv = HighVoltage(pack)
        self.thermal = ThermalSystem(pack, self.plant, scenario.thermal, scenario.temperature_degC)
        self.heat = HeatLedger(self.plant, self.thermal)
        self.sensors = Sensors(pack, seed)
        for channel, errors in scenario.sensors.items():
            try:
                self.sensors.set_error(channel, **errors)
            except ValueError as error:
                raise BadInput(f"{scenario.path}: [scenario.sensors.{channel}]: {error}") from None
        self.bleeders = Bleeders(pack, seed, self.plant, self.sensors)
        self.violations = Violations(pack)
        self.vehicle = Vehicle(wire, scenario.vehicle["reaction_ms"])
        self.charger = charger_of(scenario, pack)
        self.inverter = inverter_of(scenario, pack, seed)
        self.witness = Witness(wire, self.plant, recorder)
        self.bus = Bus(pack, seed)
        self.vocabulary = vocabulary(self)
        self.injector = Injector(scenario.faults, self.vocabulary, recorder, scenario.path)
        self.loads = {phase.name: load_of(phase, pack) for phase in scenario.phases}
        self.wishes = {phase.name: wish_of(phase, pack, scenario.path) for phase in scenario.phases}
        heard = ("BMS_LIMITS", "BMS_STATE")
        self._ids = [wire.get_message_by_name(name).frame_id for name in heard]
        self.latest: dict[int, bytes] = {}  # what the firmware said last, by identifier
        spoiled = any(fault.target in self.bus.kinds for fault in scenario.faults)
        self.heard: dict[int, bytes] = {} if spoiled else self.latest  # what of it the actors heard
        self._ears = {**self.charger.handlers, **({} if self.inverter is None else self.inverter.handlers)}
        self._handlers = self.witness.handlers if spoiled else {**self.witness.handlers, **self._ears}
        self._actuators = HilActuators()
        self.decisions = array("I")  # CRC of every tick's decisions, in lockstep
        self._coils = 0

    def run(
        self,
        target: Target,
        name: str,
        progress: Callable[[int], None] | None = None,
        spy: Spy | None = None,
    ) -> Run:
        """The whole scenario against a target that was started. `progress` hears the simulated ms once a second."""
        run = Run(self.scenario, self.pack.name, name, self.seed, self.witness)
        require_told(self.scenario, target)
        begin_s = time.perf_counter()
        try:
            self._loop(target, run, progress, spy)
        except TargetDied as death:
            run.died = str(death)
            self._aftermath(run)
        run.wall_s = time.perf_counter() - begin_s
        run.late_ticks = target.late_ticks
        self._conclude(run)
        return run

    def _loop(self, target: Target, run: Run, progress: Callable[[int], None] | None, spy: Spy | None) -> None:
        # Local names: this runs a hundred times a simulated second.
        plant, hv, sensors, vehicle, charger = self.plant, self.hv, self.sensors, self.vehicle, self.charger
        injector, latest, heard, ears = self.injector, self.latest, self.heard, self._ears
        bus, inverter, thermal, heat, bleeders = self.bus, self.inverter, self.thermal, self.heat, self.bleeders
        fitted, power_W = thermal.fitted, self.scenario.charger.get("power_W")
        exchange, decisions = target.exchange, self.decisions
        phases = list(self.scenario.phases)
        phase_ms = 0
        phase_name = ""
        moved_As = 0.0
        contacts = -1
        ticks = round(self.scenario.duration_s * 1000) // TICK_ms
        for n in range(ticks):
            now_ms = n * TICK_ms
            if now_ms >= phase_ms and phases:
                run.moved_Ah[phase_name] = moved_As / 3600
                moved_As = 0.0
                phase = phases.pop(0)
                phase_name = phase.name
                phase_ms = round((phase.start_s + phase.duration_s) * 1000)
                self._enter(phase, now_ms)
            if now_ms >= injector.due_ms:
                injector.step(now_ms)
            spoken = self.spoken(now_ms)
            if charger.plugged:
                charger.slew(hv.charger_output_A)
                hv.charger_plugged = charger.plugged
            if inverter is None:
                demand_A = vehicle.demand_A
            else:
                spoken += inverter.step(hv.link_V, hv.inverter_A + thermal.heater_A, now_ms)
                demand_A = inverter.demand_A
            if fitted:
                demand_A -= thermal.ask(hv, charger.feeds)
            charger_A = charger.current_A
            if power_W is not None:
                charger_A = thermal.spared_A(charger_A, power_W, hv.link_V)
            current_A = hv.step(self._coils, demand_A, charger.on, charger_A, charger.voltage_V, plant, TICK_s)
            plant.step(current_A, TICK_s)
            if bleeders.active:
                heat.bled_J += bleeders.step(hv.coil_supply_present, TICK_s)
            if fitted:
                thermal.step(hv.inverter_A == demand_A, TICK_s)
            heat.step(current_A, TICK_s)
            moved_As += abs(current_A) * TICK_s
            self.violations.step(plant, current_A, now_ms, injector.injected)
            sensors.step(plant, hv, now_ms)
            frames = sensors.frames(now_ms) + spoken
            if bus.active:
                frames = bus.outgoing(frames, now_ms)
            answer = exchange(n, now_ms, frames)
            run.tx += len(frames) // FRAME_BYTES
            run.rx += len(answer)
            self.hear(answer, now_ms)
            if heard is not latest:
                for identifier, data in bus.incoming(answer, now_ms) if bus.active else answer:
                    heard[identifier] = data
                    if identifier in ears:
                        ears[identifier](data, now_ms)
            if target.crc is not None:
                decisions.append(target.crc)
            if hv.mask != contacts:
                contacts = hv.mask
                self._moved(contacts, now_ms, run)
            if not now_ms % SAMPLE_ms:
                self._sample(now_ms)
                if progress is not None and not now_ms % 1000:
                    progress(now_ms)
            if spy is not None:
                spy(n, answer)
            run.ticks = n + 1
            run.end_ms = now_ms + TICK_ms
        run.moved_Ah[phase_name] = moved_As / 3600
        run.moved_Ah.pop("", None)

    def spoken(self, now_ms: int) -> bytes:
        """What vehicle and charger say in this tick to what they heard."""
        if now_ms % vehicles.PERIOD_ms:
            return b""
        heard, hv = self.heard, self.hv
        limits_id, state_id = self._ids
        frames = self.vehicle.step(heard.get(limits_id), heard.get(state_id), now_ms)
        if not now_ms % chargers.PERIOD_ms:
            frames += self.charger.step(heard, hv.charger_output_V, hv.charger_output_A, now_ms)
        return frames

    def hear(self, answer: list[tuple[int, bytes]], now_ms: int) -> None:
        """Takes in what the firmware said: the witness, the actors whose ears nothing spoils, and the coils."""
        latest, handlers, actuators = self.latest, self._handlers, self._actuators
        actuators_id = actuators.ID
        for identifier, data in answer:
            latest[identifier] = data
            if identifier in handlers:
                handlers[identifier](data, now_ms)
            elif identifier == actuators_id:
                actuators.unpack(data)
                self._coils = actuators.contactors
                self.hv.watchdog_fed(actuators.watchdog)
                self.thermal.heater.permille = actuators.heater_permille
                self.thermal.cooler.permille = actuators.cooler_permille
            elif identifier == HilBleed.ID:
                self.bleeders.hear(data)

    def _enter(self, phase: Phase, now_ms: int) -> None:
        load = self.loads[phase.name]
        if self.inverter is not None:  # the load is its own; the vehicle's seat is a controller's that asks for states
            self.inverter.enter(load, phase.day_start_h, now_ms)
            load = None
        self.vehicle.enter(phase.kind, load, now_ms, phase.reset_faults, self.wishes[phase.name])
        self.charger.plug(phase.kind == "charge")
        self.hv.charger_plugged = self.charger.plugged
        self.recorder.event(now_ms, "phase", phase.name, request=phase.kind)

    def _moved(self, contacts: int, now_ms: int, run: Run) -> None:
        run.contactors.append((now_ms, contacts))
        self.recorder.event(now_ms, "contactor", contactor_state(contacts), mask=contacts)

    def _sample(self, now_ms: int) -> None:
        """One row of the record: the truth beside what the firmware says."""
        plant, heard = self.plant, self.witness.sample(self.latest)
        known = {column: heard[signal] / scale for column, (signal, scale) in HEARD.items() if signal in heard}
        if known.get("charge_remaining_s") == UNKNOWN_s:
            del known["charge_remaining_s"]
        self.recorder.sample(
            now_ms,
            current_A=plant.current_A,
            layer_v_max_V=float(plant.voltage_V.max()),
            layer_v_min_V=float(plant.voltage_V.min()),
            soc_true=plant.soc_mean,
            t_true_max_degC=float(plant.temp_K.max()) - ZERO_K,
            t_true_min_degC=float(plant.temp_K.min()) - ZERO_K,
            gradient_K=float(np.ptp(plant.temp_K.reshape(plant.heat.node_K.shape), axis=1).max()),
            coolant_degC=plant.coolant_inlet_degC,
            heater_percent=self.thermal.heater.percent,
            cooler_percent=self.thermal.cooler.percent,
            pack_V=plant.pack_V,
            link_V=self.hv.link_V,
            contactors=self.hv.mask,
            **known,
        )

    def _aftermath(self, run: Run) -> None:
        """The firmware is gone: the watchdog relay takes the coils' supply, and the contactors must fall."""
        hv, plant, thermal = self.hv, self.plant, self.thermal
        hv.drop_all()
        self.recorder.event(run.end_ms, "state", "dead")
        for _ in range(AFTERMATH_ticks):
            now_ms = run.end_ms
            current_A = hv.step(0, 0.0, False, 0.0, 0.0, plant, TICK_s)
            plant.step(current_A, TICK_s)
            if thermal.fitted:
                thermal.ask(hv, self.charger.feeds)
                thermal.step(False, TICK_s)
            self.heat.step(current_A, TICK_s)
            self.violations.step(plant, current_A, now_ms, True)
            if not run.contactors or hv.mask != run.contactors[-1][1]:
                self._moved(hv.mask, now_ms, run)
            if not now_ms % SAMPLE_ms:
                self._sample(now_ms)
            run.end_ms += TICK_ms

    def _conclude(self, run: Run) -> None:
        run.errors = sum(heard.errors for heard in (self.vehicle.limits, self.vehicle.state, self.charger))
        run.decisions_crc = zlib.crc32(self.decisions.tobytes())
        run.soc_true_end = self.plant.soc_mean
        run.v_max_mV = round(self.violations.v_max_mV)
        run.v_min_mV = round(self.violations.v_min_mV)
        run.t_max_ddegC = round(self.violations.t_max_ddegC)
        run.gradient_ddegC = round(self.violations.gradient_ddegC)
        run.violations = list(self.violations.episodes)
        run.injected_ms = self.injector.times_ms
        run.felt = self.injector.felt(run.end_ms)
        run.heat = self.heat.result()
        if self.inverter is not None:
            run.inverter_over_V, run.inverter_over_A = self.inverter.over_V, self.inverter.over_A
