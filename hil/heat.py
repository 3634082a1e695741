"""Where the heat goes: layers conduct along their stack, its end plates and edges give to a coolant.

One temperature a layer, implicit in time (stable at any step, energy exact): (C/dt + K) T' = C/dt T + P + G
T_coolant, solved with one inverse a step length, the same for all stacks. Through-plane conductivity 0.9
W/mK, 0.5 m2 and 115 um a layer of 20 Ah (assumed, middle of what solid electrolytes and electrodes
measure); other sizes in proportion of area.
"""

import numpy as np
from numpy.typing import NDArray

from bms.schema import Pack, layers_per_stack

Floats = NDArray[np.float64]

CONDUCTIVITY_W_mK = 0.9
THICKNESS_m = 115e-6
AREA_m2_Ah = 0.5 / 20
COOLANT_J_lK = 3600.0  # water and glycol in halves, assumed


class Heat:
    """Temperatures of `stacks` stacks of `layers` layers: `node_K`, shape (stacks, layers)."""

    def __init__(
        self,
        stacks: int,
        layers: int,
        capacity_Ah: float,
        heat_capacity_J_K: float,
        plate_W_K: float,
        edge_W_K: float,
        start_K: float,
    ) -> None:
        self.heat_capacity_J_K = heat_capacity_J_K
        self.through_W_K = CONDUCTIVITY_W_mK * capacity_Ah * AREA_m2_Ah / THICKNESS_m
        self.node_K = np.full((stacks, layers), start_K)
        self.coolant_J = 0.0  # given to the coolant since the beginning
        self.coolant_W = 0.0  # in the last step
        self._plate_W_K = plate_W_K
        self._edge_W_K = edge_W_K
        self._given_W_K = np.zeros(layers)
        self._inverse: dict[float, Floats] = {}
        self._right = np.empty((stacks, layers))
        self._given_J = np.empty((stacks, layers))
        self.couple(1.0)

    def couple(self, share: float) -> None:
        """Lets the coolant take only `share` (0 ... 1) of what it takes at its nominal flow."""
        self._given_W_K[:] = self._edge_W_K * share
        half_layer_W_K = 2 * self.through_W_K
        plate_W_K = self._plate_W_K * share * half_layer_W_K / (self._plate_W_K * share + half_layer_W_K)
        self._given_W_K[0] += plate_W_K
        self._given_W_K[-1] += plate_W_K
        self._inverse.clear()

    def step(self, heat_J: Floats, coolant_K: float, dt_s: float) -> None:
        """`heat_J` of shape (stacks, layers) came up during dt_s."""
        inverse = self._inverse.get(dt_s)
        if inverse is None:
            inverse = self._inverse[dt_s] = self._inverted(dt_s)
        right, node_K = self._right, self.node_K
        np.multiply(node_K, self.heat_capacity_J_K, right)
        right += heat_J
        right += self._given_W_K * (coolant_K * dt_s)
        np.matmul(right, inverse, node_K)
        np.subtract(node_K, coolant_K, self._given_J)
        np.multiply(self._given_J, self._given_W_K, self._given_J)
        self.coolant_W = float(np.add.reduce(self._given_J, axis=None))
        self.coolant_J += self.coolant_W * dt_s

    def _inverted(self, dt_s: float) -> Floats:
        """Of the matrix of one step, in K/J; symmetric."""
        layers = len(self._given_W_K)
        matrix = np.diag(self._given_W_K)
        for k in range(layers - 1):
            matrix[k, k] += self.through_W_K
            matrix[k + 1, k + 1] += self.through_W_K
            matrix[k, k + 1] -= self.through_W_K
            matrix[k + 1, k] -= self.through_W_K
        matrix *= dt_s
        matrix[np.diag_indices(layers)] += self.heat_capacity_J_K
        if len(self._inverse) > 64:  # a caller with ever new step lengths
            self._inverse.clear()
        return np.ascontiguousarray(np.linalg.inv(matrix))


def probe_places(pack: Pack) -> list[int]:
    """The layer at which each probe sits: evenly along its stack, in the middle of equal parts."""
    along = layers_per_stack(pack)
    seen = [0] * pack.stacks
    places = []
    for stack in pack.probe_stack:
        places.append(stack * along + (2 * seen[stack] + 1) * along // (2 * pack.probe_stack.count(stack)))
        seen[stack] += 1
    return places
