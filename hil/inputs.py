"""What the bench tells without error: digital inputs, supply, insulation, coolant. Each is a channel that can
be broken.

Numbers are raw as on the wire. Inputs go out every tick, the environment every 100 ms; what is not fitted
says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from boards.parts.bench_frames import HilEnvironment, HilInputs, HilPoles
from hil.highvoltage import HighVoltage
from hil.plant import Plant
from hil.sensorfaults import ALL_KINDS, NUMERIC, Channel, ChannelFault, names
from hil.sensorframes import ColdFrame, Message, slot

ENVIRONMENT_PHASE_ms = 60  # within the period; spreads what is slow over the ticks
ENVIRONMENT_PERIOD_ms = HilEnvironment.PERIOD_ms
POLES_PHASE_ms = 80  # likewise
POLES_PERIOD_ms = HilPoles.PERIOD_ms
BRIDGE_kohm = 10_000  # of the insulation monitor, from each pole to the chassis; assumed
NOT_FITTED_FORCE = 65535
INSULATION_HIGH_kohm = 65533
FLOW_HIGH_dl_min = 253

# channel -> raw units in one of its own, message, attribute, kinds of fault
_UNFITTED = (
    *("silence", "stuck", "offset", "gain", "drift", "noise"),
    *("delayed", "quantised", "intermittent"),
)
ROWS: dict[str, tuple[float, type[Message], str, tuple[str, ...]]] = {
    "insulation": (1.0, HilEnvironment, "insulation_kohm", _UNFITTED),
    "negative_pole": (1000.0, HilPoles, "negative_pole_mV", ALL_KINDS),
    "positive_pole": (1000.0, HilPoles, "positive_pole_mV", ALL_KINDS),
    "coolant_inlet": (10.0, HilEnvironment, "coolant_inlet_ddegC", ALL_KINDS),
    "coolant_outlet": (10.0, HilEnvironment, "coolant_outlet_ddegC", ALL_KINDS),
    "coolant_flow": (10.0, HilEnvironment, "coolant_flow_dl_per_min", _UNFITTED),
    "supply": (1000.0, HilInputs, "supply_voltage_mV", NUMERIC),
    "feedback": (1.0, HilInputs, "contactor_feedback", ("stuck",)),
    "interlock": (1.0, HilInputs, "interlock_closed", ("stuck", "reversed")),
    "crash": (1.0, HilInputs, "crash", ("stuck", "reversed")),
    "fuse": (1.0, HilInputs, "fuse_intact", ("stuck", "reversed")),
    "charger_plugged": (1.0, HilInputs, "charger_plugged", ("stuck", "reversed")),
}


class Inputs:
    """The frames HIL_INPUTS, HIL_ENVIRONMENT and HIL_POLES and their channels."""

    def __init__(self) -> None:
        self._inputs, self._environment, self._poles = HilInputs(), HilEnvironment(), HilPoles()
        self._environment.force_N = NOT_FITTED_FORCE
        self._inputs_frame, self._environment_frame = ColdFrame(self._inputs), ColdFrame(self._environment)
        self._poles_frame = ColdFrame(self._poles)
        self._place: dict[str, tuple[Any, str]] = {}
        self.channels: dict[str, Channel] = {}
        for index, (name, (per_unit, make, attribute, kinds)) in enumerate(ROWS.items()):
            place = slot(make, attribute)
            message = next(one for one in (self._inputs, self._environment, self._poles) if isinstance(one, make))
            self._place[name] = (message, attribute)
            signed = names(place) if place.low < 0 else {"silence": place.high + 1}
            named = {kind: raw for kind, raw in signed.items() if kind in kinds}
            period_ms = message.PERIOD_ms
            self.channels[name] = Channel(name, index, per_unit, 1.0, place.low, place.high, period_ms, named, kinds)

    def step(self, plant: Plant, hv: HighVoltage, now_ms: int, faults: Mapping[str, Sequence[ChannelFault]]) -> None:
        """Takes what is true now; `faults` by channel work on it."""
        inputs = self._inputs
        inputs.contactor_feedback = hv.mask
        inputs.interlock_closed = 1 if hv.interlock_closed else 0
        inputs.crash = 1 if hv.crash else 0
        inputs.fuse_intact = 1 if hv.fuse else 0
        inputs.charger_plugged = 1 if hv.charger_plugged else 0
        inputs.coil_supply_present = 1 if hv.coil_supply_present else 0
        inputs.supply_voltage_mV = int(hv.supply_mV)
        due = self.environment_due(now_ms)
        if due:
            environment = self._environment
            environment.insulation_kohm = min(int(hv.insulation_kohm), INSULATION_HIGH_kohm)
            environment.coolant_inlet_ddegC = round(plant.coolant_inlet_degC * 10)
            environment.coolant_outlet_ddegC = round(plant.coolant_outlet_degC * 10)
            environment.coolant_flow_dl_per_min = min(round(plant.coolant_flow_l_min * 10), FLOW_HIGH_dl_min)
        told = self.poles_due(now_ms)
        if told:
            # two bridges and the fault between chassis and its plate: Kirchhoff's current law at the chassis
            bridge, leak = 1 / BRIDGE_kohm, 1 / max(1.0, hv.insulation_kohm)
            share = (hv.insulation_place_permille / 1000 * leak + bridge) / (leak + 2 * bridge)
            self._poles.negative_pole_mV = round(plant.pack_V * share * 1000)
            self._poles.positive_pole_mV = round(plant.pack_V * (1 - share) * 1000)
        for name, active in faults.items():
            message, attribute = self._place[name]
            if message is inputs or (told if message is self._poles else due):
                for fault in active:
                    altered = fault.alter(float(getattr(message, attribute)), now_ms)
                    setattr(message, attribute, int(altered))

    def reading(self, name: str) -> int:
        """The raw value as it last went out or will."""
        message, attribute = self._place[name]
        return int(getattr(message, attribute))

    def environment_due(self, now_ms: int) -> bool:
        """Whether HIL_ENVIRONMENT goes out in this tick."""
        return (now_ms - ENVIRONMENT_PHASE_ms) % ENVIRONMENT_PERIOD_ms == 0

    def poles_due(self, now_ms: int) -> bool:
        """Whether HIL_POLES goes out in this tick."""
        return (now_ms - POLES_PHASE_ms) % POLES_PERIOD_ms == 0

    def poles_frame(self) -> bytes:
        """HIL_POLES."""
        return self._poles_frame.packed()

    def inputs_frame(self, count: int) -> bytes:
        """HIL_INPUTS with this sample counter."""
        self._inputs.counter = count
        return self._inputs_frame.packed()

    def environment_frame(self) -> bytes:
        """HIL_ENVIRONMENT."""
        return self._environment_frame.packed()
