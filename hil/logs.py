"""Logs of cyclers: CSV (.gz accepted) of time_s,current_A,voltage_V,temp_degC[,soc_ref], more columns allowed after.

Positive current charges. A log is taken whole or refused in one line that names file and line or column: what a cell cannot do
(a voltage that falls when it is charged, 77 degC in a laboratory, 3700 V) is a mistake of sign, unit or column, and a fit would
swallow it. Accepted as cyclers write them: a stamp that stands twice where a step of the programme starts or ends, and
one long interval at rest or at a steady current. A temperature column that is empty throughout was not measured: 25 degC.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.errors import BadInput

Floats = NDArray[np.float64]

COLUMNS = ("time_s", "current_A", "voltage_V", "temp_degC")
REFERENCE = "soc_ref"
UNMEASURED_degC = 25.0
HIGHEST_V = 6.0
HIGHEST_A = 2000.0
LARGEST_Ah = 290.0
COLDEST_degC, HOTTEST_degC = -60.0, 150.0
LABORATORY_degC = 70.0  # a median above it is 77 degF, not a cell that is kept hot
REST_PART = 0.003  # of the largest current: below it a cell rests
STEP_PART = 0.05  # of the largest current: above it a change is a step
AGAINST = -0.3  # correlation of cause and effect below which a sign is reversed
GAP_INTERVALS = 5.0
GAP_s = 2.0
GAPS_OF_A_SLOW_RECORD = 10  # so many intervals of a length are how the cycler records, not gaps
STEADY_GAP_s = 120.0
MOVED_AT_REST_V = 0.02


class Log(NamedTuple):
    """Samples as they stand in the file; `soc_ref` is None where there is none."""

    path: str
    time_s: Floats
    current_A: Floats
    voltage_V: Floats
    temp_degC: Floats
    soc_ref: Floats | None
    temp_measured: bool

    @property
    def name(self) -> str:
        """The file without folder and ending."""
        return Path(self.path).name.removesuffix(".gz").removesuffix(".csv")

    @property
    def resting(self) -> NDArray[np.bool_]:
        """Rows without current."""
        return rests(self.current_A)


def rests(current_A: Floats) -> NDArray[np.bool_]:
    """Rows whose current is nothing beside the largest."""
    quiet: NDArray[np.bool_] = np.abs(current_A) <= REST_PART * np.abs(current_A).max(initial=0.0)
    return quiet


def read_log(path: str) -> Log:
    """The log; BadInput names the file and the line or column that is wrong."""
    lines = _text(path).splitlines()
    names = [name.strip() for name in lines[0].split(",")] if lines else []
    if tuple(names[: len(COLUMNS)]) != COLUMNS:
        missing = [name for name in COLUMNS if name not in names]
        what = f"column {missing[0]} is missing" if missing else "in this order"
        raise BadInput(f"{path}: line 1: the columns must be {','.join(COLUMNS)}[,{REFERENCE}]: {what}")
    width = 5 if names[4:5] == [REFERENCE] else 4
    if REFERENCE in names[5:]:
        raise BadInput(f"{path}: line 1: {REFERENCE} must be the fifth column, is number {names.index(REFERENCE) + 1}")
    numbers, columns = _columns(path, lines, names, width)
    if len(numbers) < 2:
        raise BadInput(f"{path}: line {len(lines)}: a log has two samples at least")
    temp_measured = not np.isnan(columns[3]).all()
    if not temp_measured:
        columns[3][:] = UNMEASURED_degC
    reference = columns[4] if width == 5 and not np.isnan(columns[4]).all() else None
    log = Log(path, columns[0], columns[1], columns[2], columns[3], reference, temp_measured)
    _require_finite(log, numbers)
    _require_rising(log, numbers)
    _require_units(log, numbers)
    _require_sign(log)
    _require_whole(log, numbers)
    return log


def _text(path: str) -> str:
    try:
        data = Path(path).read_bytes()
        packed = data[:2] == b"\x1f\x8b" or path.endswith(".gz")
        return (gzip.decompress(data) if packed else data).decode()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise BadInput(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _columns(path: str, lines: list[str], names: list[str], width: int) -> tuple[list[int], list[Floats]]:
    """Line numbers and the first `width` columns; an empty field is nan."""
    numbers: list[int] = []
    values: list[list[float]] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        fields = line.split(",")
        if len(fields) < width:
            raise BadInput(f"{path}: line {number}: {line!r}: {names[len(fields)]} is missing")
        try:
            values.append([float(field) if field.strip() else math.nan for field in fields[:width]])
        except ValueError:
            wrong = next(index for index, field in enumerate(fields) if not _number(field))
            raise BadInput(f"{path}: line {number}: {names[wrong]} = {fields[wrong]!r}: not a number") from None
        numbers.append(number)
    table = np.array(values, dtype=np.float64).reshape(-1, width)
    return numbers, [np.ascontiguousarray(column) for column in table.T]


def _number(field: str) -> bool:
    try:
        float(field or "nan")
    except ValueError:
        return False
    return True


def _require_finite(log: Log, numbers: list[int]) -> None:
    for name in (*COLUMNS, REFERENCE):
        column = getattr(log, name)
        if column is None:
            continue
        bad = np.flatnonzero(~np.isfinite(column))
        if len(bad):
            raise BadInput(f"{log.path}: line {numbers[bad[0]]}: {name} is {column[bad[0]]:g} or empty")


def _require_rising(log: Log, numbers: list[int]) -> None:
    """Time rises, or stands still where a step of the programme ends and the next begins."""
    time_s, rest, last = log.time_s, log.resting, len(log.time_s) - 1
    for row in np.flatnonzero(np.diff(time_s) <= 0):
        line = f"{log.path}: line {numbers[row + 1]}: time_s = {time_s[row + 1]:g}"
        if time_s[row + 1] < time_s[row]:
            raise BadInput(f"{line}: goes back from {time_s[row]:g}")
        around = rest[max(row - 1, 0) : row + 3]
        at_step = around.any() and not around.all()
        if not (rest[row] or rest[row + 1]) or not (at_step or row + 1 == last):
            raise BadInput(f"{line}: stands twice, and no step of current begins or ends there")


def _require_units(log: Log, numbers: list[int]) -> None:
    def refuse(name: str, row: int, reason: str) -> None:
        column = getattr(log, name)
        raise BadInput(f"{log.path}: line {numbers[row]}: {name} = {column[row]:g}: {reason}")

    top = int(np.argmax(np.abs(log.voltage_V)))
    if log.voltage_V[top] > 1000:
        refuse("voltage_V", top, "is that mV?")
    if log.voltage_V[top] > HIGHEST_V or log.voltage_V.min() < -HIGHEST_V:
        refuse("voltage_V", top, f"one cell has {HIGHEST_V:g} V at most; divide a pack's voltage by its layers")
    if np.ptp(log.voltage_V) == 0.0 and np.ptp(log.current_A) > 0.0:
        refuse("voltage_V", 0, "never changes")
    temp = float(np.median(log.temp_degC))
    middle = int(np.argmin(np.abs(log.temp_degC - temp)))
    if temp > 200:
        refuse("temp_degC", middle, "is that kelvin, or tenths of a degree?")
    if temp > LABORATORY_degC:
        refuse("temp_degC", middle, f"is that degF? ({(temp - 32) / 1.8:.0f} degC)")
    for row in (int(np.argmin(log.temp_degC)), int(np.argmax(log.temp_degC))):
        if not COLDEST_degC <= log.temp_degC[row] <= HOTTEST_degC:
            refuse("temp_degC", row, f"must be within {COLDEST_degC:g} and {HOTTEST_degC:g}")
    large = int(np.argmax(np.abs(log.current_A)))
    charge_Ah = np.ptp(counted_Ah(log))
    if abs(log.current_A[large]) > HIGHEST_A or charge_Ah > LARGEST_Ah:
        refuse("current_A", large, f"is that mA? The log moves {charge_Ah:.0f} Ah")
    if log.current_A[large] == 0.0:
        raise BadInput(f"{log.path}: current_A: is 0 throughout")
    if log.soc_ref is not None:
        far = int(np.argmax(np.abs(log.soc_ref - 0.5)))
        if abs(log.soc_ref[far] - 0.5) > 1.0:
            refuse(REFERENCE, far, "is a fraction, 0 to 1")


def counted_Ah(log: Log) -> Floats:
    """Charge since the first row, by trapezium."""
    steps = 0.5 * (log.current_A[1:] + log.current_A[:-1]) * np.diff(log.time_s) / 3600
    return np.concatenate([[0.0], np.cumsum(steps)])


def _require_sign(log: Log) -> None:
    """A charging step raises the voltage, charge raises voltage and soc_ref."""
    steps_A = np.diff(log.current_A)
    large = np.abs(steps_A) > STEP_PART * np.abs(log.current_A).max()
    said = "positive current must charge, here"
    answer_V = np.diff(log.voltage_V)[large]
    size = float(np.linalg.norm(steps_A[large]) * np.linalg.norm(answer_V))
    if size > 0.0 and float(steps_A[large] @ answer_V) < AGAINST * size:
        raise BadInput(f"{log.path}: current_A: the sign is reversed: {said} the voltage falls when it rises")
    moved_Ah = counted_Ah(log)
    if np.ptp(moved_Ah) == 0.0:
        return
    for name, least in (("voltage_V", -0.8), (REFERENCE, AGAINST)):
        column = getattr(log, name)
        if column is None or np.ptp(column) == 0.0:
            continue
        if float(np.corrcoef(moved_Ah, column)[0, 1]) < least:
            raise BadInput(f"{log.path}: current_A: the sign is reversed: {said} {name} falls while charge is counted upwards")


def _require_whole(log: Log, numbers: list[int]) -> None:
    """No interval far longer than the usual one, except at rest, at a steady current or where soc_ref tells what flowed."""
    steps_s = np.diff(log.time_s)
    usual_s = float(np.median(steps_s))
    largest_A = float(np.abs(log.current_A).max())
    for row in np.flatnonzero(steps_s > max(GAP_INTERVALS * usual_s, GAP_s)):
        if np.count_nonzero(steps_s > 0.8 * steps_s[row]) >= GAPS_OF_A_SLOW_RECORD:
            continue
        before_A, after_A = log.current_A[row], log.current_A[row + 1]
        quiet = max(abs(before_A), abs(after_A)) <= REST_PART * largest_A
        known = log.soc_ref is not None or abs(log.voltage_V[row + 1] - log.voltage_V[row]) < MOVED_AT_REST_V
        steady = abs(after_A - before_A) <= 0.02 * largest_A and steps_s[row] <= STEADY_GAP_s
        if not (quiet and known) and not steady:
            raise BadInput(
                f"{log.path}: line {numbers[row + 1]}: time_s = {log.time_s[row + 1]:g}: a gap of {steps_s[row]:g} s "
                f"(usual {usual_s:g}) that cannot be bridged: the current was {before_A:g} and is {after_A:g} A"
            )
