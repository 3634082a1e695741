"""Heater, chiller and one coolant loop through all stacks, in an ambient that takes heat; what the firmware drives.

    C dT/dt = heat given by the stacks + heater - chiller - loss (T - ambient)

[scenario.thermal] puts them on the bench, as strong as the pack's thermal record says. Without that table the coolant is a
reservoir without end at the scenario's coolant_degC: a request for heat or cold then moves nothing and takes nothing.
The heater stops by its own thermostat at the record's coolant_max, the chiller at coolant_min, both fading over FADE_K; the
relay that takes the supply of the coils takes theirs. Heat is fed by a plugged charger, by the pack through the link (a
current besides the vehicle's), or by a supply that is always there; what drives chiller and pump is not the pack's. One
temperature of the whole loop, what the stacks give goes into it within a thermal step. W, J, K.
"""

from collections.abc import Mapping
from typing import Any

from bms.schema import Pack, layer_count
from hil.highvoltage import BITS, HighVoltage
from hil.plant import Plant

LOOP_SHARE = 1 / 3  # of the layers' heat capacity, in coolant: 3.6 l for 240 layers of 20 Ah; assumed
AMBIENT_W_K = 0.02  # of loop and case, a layer of 20 Ah; 4.8 W/K for 240; assumed
FADE_K = 2.0
_CLOSED = BITS["negative"] | BITS["positive"]


class Actuator:
    """Heater or chiller. `permille` is what the firmware asks for, `power_W` what flows."""

    def __init__(self, full_W: int) -> None:
        self.full_W = full_W
        self.permille = 0
        self.power_W = 0.0
        self.gain = 1.0  # times the power that is asked for
        self.stuck_percent: float | None = None  # None: it obeys
        self.disobeyed = 0  # ticks in which it was not as it was asked to be

    @property
    def percent(self) -> float:
        """Of its full power, in the last tick."""
        return 100 * self.power_W / self.full_W if self.full_W else 0.0

    def set_stuck(self, percent: float | None) -> None:
        """Of its power, whatever is asked for; None: it obeys again."""
        self.stuck_percent = percent

    def set_gain(self, gain: float) -> None:
        """Times the power that is asked for; 1 obeys."""
        self.gain = gain

    def step(self, powered: bool, room_K: float) -> float:
        """The power in this tick, so far away from its thermostat."""
        asked = self.permille if powered else 0
        given = asked * self.gain if self.stuck_percent is None else 10 * self.stuck_percent
        self.disobeyed += given != asked
        self.power_W = self.full_W * given / 1000 * min(max(room_K / FADE_K, 0.0), 1.0) if given else 0.0
        return self.power_W


class ThermalSystem:
    """`heater`, `cooler`; `heater_A`, what of the heater's power the pack gave in the last tick; `loop_degC`."""

    def __init__(self, pack: Pack, plant: Plant, settings: Mapping[str, Any] | None, ambient_degC: float) -> None:
        thermal, told, layers = pack.thermal, settings or {}, layer_count(pack)
        self.fitted = settings is not None
        self.heater, self.cooler = Actuator(thermal.heater_W), Actuator(thermal.cooler_W)
        self.heater_A = 0.0
        self.loop_degC = plant.coolant_inlet_degC
        loop_J_K, loss_W_K, outside_degC = (told.get(name) for name in ("loop_J_K", "ambient_W_K", "ambient_degC"))
        size = pack.cell.capacity_mAh / 20000
        self.loop_J_K = LOOP_SHARE * layers * pack.cell.heat_capacity_J_K if loop_J_K is None else loop_J_K
        self.ambient_W_K = AMBIENT_W_K * size * layers if loss_W_K is None else loss_W_K
        self.ambient_degC = ambient_degC if outside_degC is None else outside_degC
        self._source = thermal.heater_source
        self._low_degC, self._high_degC = thermal.coolant_min_ddegC / 10, thermal.coolant_max_ddegC / 10
        self._plant = plant
        self._flow_l_min = plant.coolant_flow_l_min
        self._offset_K = 0.0
        self._warmed = plant.warmings
        self._given_J = plant.heat.coolant_J
        self._in_J = 0.0  # from the heater, less what the chiller took, since the last thermal step
        self._elapsed_s = 0.0

    def ask(self, hv: HighVoltage, charger_feeds: bool) -> float:
        """What heater and chiller do in this tick; returns the current in A that the heater wants from the link."""
        powered = hv.coil_supply_present
        heater = self.heater
        power_W = heater.step(powered, self._high_degC - self.loop_degC)
        self.cooler.step(powered, self.loop_degC - self._low_degC)
        self.heater_A = 0.0
        if power_W and self._source == "charger" and not charger_feeds:
            heater.power_W = 0.0
        elif power_W and self._source == "pack":
            if hv.mask & _CLOSED == _CLOSED and hv.link_V > hv.inverter_low_V:
                self.heater_A = power_W / hv.link_V
            else:
                heater.power_W = 0.0
        return self.heater_A

    def step(self, fed: bool, dt_s: float) -> None:
        """Once a tick, after the plant's. `fed`: the link gave what `ask` wanted of it."""
        if self.heater_A and not fed:
            self.heater.power_W = self.heater_A = 0.0
        self._in_J += (self.heater.power_W - self.cooler.power_W) * dt_s
        self._elapsed_s += dt_s
        plant = self._plant
        if plant.warmings == self._warmed:
            return
        self._warmed = plant.warmings
        given_J = plant.heat.coolant_J
        lost_J = self.ambient_W_K * (self.loop_degC - self.ambient_degC) * self._elapsed_s
        self.loop_degC += (given_J - self._given_J + self._in_J - lost_J) / self.loop_J_K
        self._given_J = given_J
        self._in_J = self._elapsed_s = 0.0
        plant.coolant_inlet_degC = self.loop_degC + self._offset_K

    def spared_A(self, asked_A: float, power_W: float, link_V: float) -> float:
        """What a charger of power_W can still give to the pack beside the heater."""
        if self._source == "charger":
            power_W -= self.heater.power_W
        return min(asked_A, max(power_W, 0.0) / max(link_V, 1.0))

    def set_flow(self, share: float) -> None:
        """So much of the nominal flow, from now on."""
        self._plant.set_coolant(self.loop_degC + self._offset_K, self._flow_l_min * share)

    def set_inlet(self, offset_K: float) -> None:
        """What reaches the stacks is so much warmer than the loop, from now on."""
        self._offset_K = offset_K
        self._plant.set_coolant(self.loop_degC + offset_K, self._plant.coolant_flow_l_min)
