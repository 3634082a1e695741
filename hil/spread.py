"""How the layers of a simulated pack differ: relative deviations drawn inside the pack's hard bounds.

Sigmas are those of matched cells (assumed: capacity 1 %, R0 3 %, R1 and R2 5 %, hysteresis 3 %, SoC 0.5 %);
the normal distribution is cut at the bounds. Temperatures differ by what conduction through the stack
cannot even out: each layer and each probe sits a fixed amount warmer or colder than its place in the stack,
at most 0.4 of the declared bound, so that 0.2 of it remain for the gradient along the stack. Self-discharge
is a share of the declared largest one.

The worst kinds put layer 0 of every group on the side that ends a charge (worst_high: high SoC, small
capacity, high resistance and hysteresis, cold) or a discharge (worst_low: low SoC, the rest alike) first,
and all others on the other side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bms.schema import Pack, layer_count

Floats = NDArray[np.float64]

KINDS = ("drawn", "none", "corner", "worst_high", "worst_low")

SIGMA_CAPACITY = 0.01
SIGMA_R0 = 0.03
SIGMA_R1 = 0.05
SIGMA_HYST = 0.03
SIGMA_SOC = 0.005
SITE_SHARE = 0.4
SELF_DISCHARGE_LOW, SELF_DISCHARGE_HIGH = 0.4, 1.0


@dataclass(frozen=True)
class Spread:
    """Deviations, each of shape (layers,), `probe_site_K` of shape (probes,). Scales are factors around 1."""

    soc: Floats  # fraction, at the pack's matching point
    capacity_scale: Floats
    r0_scale: Floats
    r1_scale: Floats
    r2_scale: Floats
    hyst_scale: Floats
    self_discharge_scale: Floats  # 0.4 ... 1 of the declared largest
    site_K: Floats
    probe_site_K: Floats


def draw(pack: Pack, kind: str, generator: np.random.Generator) -> Spread:
    """The spread of one pack. ValueError for a kind there is not."""
    if kind not in KINDS:
        raise ValueError(f"spread {kind!r}: there are {', '.join(KINDS)}")
    layers = layer_count(pack)
    probes = len(pack.probe_stack)
    first = np.zeros(layers, dtype=bool)
    first[np.cumsum([0, *list(pack.taps) * pack.stacks])[:-1]] = True

    def deviation(bound: float, sigma: float, worst: float, count: int = layers) -> Floats:
        """Within ±bound; `worst` is the sign which layer 0 of a group has in the worst kinds."""
        if kind == "none":
            return np.zeros(count)
        if kind == "corner":
            return bound * generator.choice(np.array([-1.0, 1.0]), count)
        if kind == "drawn":
            return _truncated_normal(generator, min(sigma, bound), bound, count)
        return np.where(first, worst * bound, -worst * bound) if count == layers else np.full(count, bound)

    site_K = SITE_SHARE * pack.spread_t_ddegC / 10
    r_bound = pack.spread_r_permille / 1000
    half = (SELF_DISCHARGE_HIGH - SELF_DISCHARGE_LOW) / 2
    spread = Spread(
        soc=deviation(pack.spread_soc_permille / 1000, SIGMA_SOC, 1.0 if kind == "worst_high" else -1.0),
        capacity_scale=1 + deviation(pack.spread_capacity_permille / 1000, SIGMA_CAPACITY, -1.0),
        r0_scale=1 + deviation(r_bound, SIGMA_R0, 1.0),
        r1_scale=1 + deviation(r_bound, SIGMA_R1, 1.0),
        r2_scale=1 + deviation(r_bound, SIGMA_R1, 1.0),
        hyst_scale=1 + deviation(pack.spread_hyst_permille / 1000, SIGMA_HYST, 1.0),
        self_discharge_scale=SELF_DISCHARGE_LOW + half + deviation(half, half / 2, 1.0),
        site_K=deviation(site_K, site_K / 2, -1.0),
        probe_site_K=deviation(site_K, site_K / 2, 1.0, probes),
    )
    return spread


def matched_soc(pack: Pack, spread: Spread, capacity_Ah: Floats, mean: float) -> Floats:
    """Layers matched at one SoC with their deviations, moved by one charge until the mean by Ah is `mean`."""
    matched = pack.soc_match_permille / 1000 + spread.soc
    through_Ah = (mean * capacity_Ah.sum() - (capacity_Ah * matched).sum()) / len(matched)
    soc: Floats = matched + through_Ah / capacity_Ah
    return soc


def _truncated_normal(generator: np.random.Generator, sigma: float, bound: float, count: int) -> Floats:
    """Normal, drawn again where it lies beyond ±bound."""
    values = generator.standard_normal(count) * sigma
    while True:
        beyond = np.abs(values) > bound
        again = int(beyond.sum())
        if not again:
            return values
        values[beyond] = generator.standard_normal(again) * sigma
