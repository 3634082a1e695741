"""What is said of a replay in numbers: errors against the log's SoC, honesty of sigma and innovation.

Errors are fractions of capacity. Mean squares count time, not rows, since cyclers write fewer rows at rest. What a log
without `soc_ref` cannot tell is None. `converged_s`: the first time from which the error stays within CONVERGED for HELD_s,
or until the end.
"""

from typing import Any

import numpy as np

from hil.logs import Floats
from hil.replay.run import Estimate

CONVERGED = 0.03
HELD_s = 300.0
SETTLED_s = 900.0


def measures(time_s: Floats, dt_s: Floats, estimate: Estimate, soc_ref: Floats | None) -> dict[str, Any]:
    """The seven keys of the contract."""
    nis_mean = float(np.mean(estimate.nis))
    keys = ("rmse", "max_abs", "rmse_after_15min", "max_after_15min", "converged_s", "nis_mean", "within_2sigma")
    if soc_ref is None:
        return {key: nis_mean if key == "nis_mean" else None for key in keys}
    error = estimate.soc - soc_ref
    since_s = time_s - time_s[0]
    late = since_s >= SETTLED_s
    covered = np.abs(error) <= 2 * estimate.sigma
    return {
        "rmse": rms(error, dt_s),
        "max_abs": float(np.abs(error).max()),
        "rmse_after_15min": rms(error[late], dt_s[late]) if late.any() else None,
        "max_after_15min": float(np.abs(error[late]).max()) if late.any() else None,
        "converged_s": converged_s(since_s, error),
        "nis_mean": nis_mean,
        "within_2sigma": float(np.average(covered, weights=dt_s)),
    }


def rms(error: Floats, dt_s: Floats) -> float:
    """Root of the mean square over time."""
    return float(np.sqrt(np.average(error * error, weights=dt_s))) if dt_s.any() else float(np.sqrt(np.mean(error * error)))


def converged_s(since_s: Floats, error: Floats) -> float | None:
    """None where the error never stays small."""
    bad = np.abs(error) > CONVERGED
    last_s = since_s[-1]
    edges = np.flatnonzero(np.diff(bad.astype(np.int8), prepend=1) < 0)  # rows at which a good stretch begins
    ends = np.flatnonzero(np.diff(bad.astype(np.int8), prepend=1) > 0)
    for first in edges:
        after = ends[ends > first]
        until_s = since_s[after[0]] if len(after) else last_s
        if not len(after) or until_s - since_s[first] >= HELD_s:
            return float(since_s[first])
    return None
