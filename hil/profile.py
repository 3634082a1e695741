"""A load profile: C-rate over time, a CSV of time_s,c_rate (.gz accepted), by name in hil/profiles or by path.

Positive charges. A sample holds until the next one comes. The last one holds as long as the one before it did; then the
profile starts again from its first sample, so a phase may be longer than the profile.
"""

import gzip
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.errors import BadInput

FOLDER = Path(__file__).parent / "profiles"
HEADER = "time_s,c_rate"
_ENDINGS = (".csv.gz", ".csv")


class Profile(NamedTuple):
    """Samples at rising times."""

    time_s: NDArray[np.float64]
    c_rate: NDArray[np.float64]

    @property
    def period_s(self) -> float:
        """After so long it starts again."""
        last = float(self.time_s[-1])
        return last - float(self.time_s[0]) + (last - float(self.time_s[-2]))

    def at(self, elapsed_s: float) -> float:
        """The C-rate when `elapsed_s` have passed since the first sample."""
        return float(self.c_rate[self.row(elapsed_s)])

    def row(self, elapsed_s: float) -> int:
        """The sample that holds when `elapsed_s` (>= 0) have passed since the first one."""
        inside_s = float(self.time_s[0]) + elapsed_s % self.period_s
        return int(np.searchsorted(self.time_s, inside_s, side="right")) - 1


def names() -> list[str]:
    """The profiles that are shipped."""
    return sorted(path.name.removesuffix(ending) for ending in _ENDINGS for path in FOLDER.glob("*" + ending) if path.is_file())


def load_profile(name_or_path: str) -> Profile:
    """The samples of a profile; BadInput names the file and the line that is wrong."""
    path = _find(name_or_path)
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.name.endswith(".gz") else data).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    lines = text.splitlines()
    if not lines or not (lines[0] + ",").startswith(HEADER + ","):
        raise BadInput(f"{path}: line 1: {lines[0] if lines else ''!r}: the columns must be {HEADER}")
    times: list[float] = []
    rates: list[float] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            time_s, c_rate = (float(field) for field in line.split(",")[:2])
        except ValueError:
            raise BadInput(f"{path}: line {number}: {line!r}: not two numbers") from None
        if not (math.isfinite(time_s) and math.isfinite(c_rate)):
            raise BadInput(f"{path}: line {number}: {line!r}: not finite")
        if times and time_s <= times[-1]:
            raise BadInput(f"{path}: line {number}: time_s = {time_s:g}: must be after {times[-1]:g}")
        times.append(time_s)
        rates.append(c_rate)
    if len(times) < 2:
        raise BadInput(f"{path}: line {len(lines)}: a profile has two samples at least")
    return Profile(np.array(times), np.array(rates))


def _find(name_or_path: str) -> Path:
    if name_or_path.endswith(_ENDINGS) or "/" in name_or_path or "\\" in name_or_path:
        return Path(name_or_path)
    for ending in _ENDINGS:
        path = FOLDER / (name_or_path + ending)
        if name_or_path in names() and path.is_file():
            return path
    raise BadInput(f"{name_or_path}: no such profile, and no path of a .csv file; profiles: {', '.join(names())}")
