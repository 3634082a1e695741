"""What a simulated pack is like when it wakes."""

from dataclasses import dataclass

from hil import spread


@dataclass(frozen=True)
class PlantOptions:
    """What a pack is like when it wakes. ValueError for what cannot be."""

    seed: int
    soc: float  # mean of all layers by Ah
    temperature_degC: float
    hysteresis: float | None = None  # common to all layers, -1 ... 1; None: drawn by the seed
    spread: str = "drawn"  # drawn, none, corner, worst_high, worst_low: see hil.spread
    coolant_degC: float | None = None  # None: as the pack
    relax: bool = False  # the cell's slow relaxing voltage, which no model of the firmware knows
    plate_W_K: float = 10.0  # each end plate of a stack to the coolant, for 20 Ah; assumed 0.1 K/W
    coolant_W_K: float = 0.04  # edge of one layer to the coolant, for 20 Ah; in-plane 20 W/mK, assumed
    coolant_flow_l_min: float = 8.0  # nominal, assumed

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed {self.seed}: negative")
        if not -0.05 <= self.soc <= 1.05:
            raise ValueError(f"soc {self.soc}: not within -0.05 ... 1.05")
        for degC in (self.temperature_degC, self.coolant_degC or 0.0):
            if not -60 <= degC <= 120:
                raise ValueError(f"temperature {degC} degC: not within -60 ... 120")
        if self.hysteresis is not None and not -1 <= self.hysteresis <= 1:
            raise ValueError(f"hysteresis {self.hysteresis}: not within -1 ... 1")
        if self.spread not in spread.KINDS:
            raise ValueError(f"spread {self.spread!r}: there are {', '.join(spread.KINDS)}")
        if min(self.plate_W_K, self.coolant_W_K) < 0 or self.coolant_flow_l_min <= 0:
            raise ValueError("coolant: conductances may not be negative, nominal flow must be positive")
