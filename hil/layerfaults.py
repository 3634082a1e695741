"""What can break inside one layer, as factors and conductances on the layers of a plant.

Faults of different kinds on one layer add up; the same kind again only changes its severity.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# kind -> (what severity is, lowest, highest)
KINDS: dict[str, tuple[str, float, float]] = {
    "soft_short": ("ohm across the layer", 0.1, 1e6),
    "hard_short": ("ohm across the layer", 1e-4, 0.1),
    "high_resistance": ("factor on R0, R1 and R2", 0.1, 1000.0),
    "low_capacity": ("factor on capacity", 0.05, 1.0),
    "self_discharge": ("A of additional loss inside the layer", 0.0, 1000.0),
    "hot_spot": ("W of additional heat", 0.0, 1e5),
    "reversal": ("SoC at which the layer suddenly is, 0 or below", -0.5, 0.0),
    "delamination": ("part of the area that still makes contact", 0.05, 1.0),
}
NOT_MODELLED = ("venting", "plating_onset")


class LayerFaults:
    """Faults by layer, and what they do: arrays of shape (layers,)."""

    def __init__(self, layers: int) -> None:
        self.active: dict[tuple[int, str], float] = {}
        self.capacity_scale = np.ones(layers)
        self.r_scale = np.ones(layers)
        self.short_S = np.zeros(layers)
        self.leak_A = np.zeros(layers)
        self.heat_W = np.zeros(layers)

    def set(self, layer: int, kind: str, severity: float) -> None:
        """ValueError names the layer, kind or severity that there is not."""
        self._check_layer(layer)
        if kind in NOT_MODELLED:
            raise ValueError(f"layer fault {kind!r}: the plant does not model it")
        if kind not in KINDS:
            raise ValueError(f"layer fault {kind!r}: there are {', '.join(KINDS)}")
        meaning, low, high = KINDS[kind]
        if not low <= severity <= high:
            raise ValueError(f"layer fault {kind!r}: severity {severity} ({meaning}) not within {low:g} ... {high:g}")
        self.active[layer, kind] = severity
        self._sum_up()

    def clear(self, layer: int, kind: str | None) -> None:
        """Takes `kind`, or everything, off a layer."""
        self._check_layer(layer)
        for key in [key for key in self.active if key[0] == layer and kind in (None, key[1])]:
            del self.active[key]
        self._sum_up()

    def _check_layer(self, layer: int) -> None:
        if not 0 <= layer < len(self.r_scale):
            raise ValueError(f"layer {layer}: there are {len(self.r_scale)}")

    def _sum_up(self) -> None:
        for scale in (self.capacity_scale, self.r_scale):
            scale.fill(1.0)
        for amount in (self.short_S, self.leak_A, self.heat_W):
            amount.fill(0.0)
        for (layer, kind), severity in self.active.items():
            if kind in ("soft_short", "hard_short"):
                self.short_S[layer] += 1 / severity
            elif kind == "high_resistance":
                self.r_scale[layer] *= severity
            elif kind == "low_capacity":
                self.capacity_scale[layer] *= severity
            elif kind == "self_discharge":
                self.leak_A[layer] += severity
            elif kind == "hot_spot":
                self.heat_W[layer] += severity
            elif kind == "delamination":
                self.capacity_scale[layer] *= severity
                self.r_scale[layer] /= severity
