"""What a run leaves behind: one row of numbers every 100 ms, and what happened in between, as events.

Columns are plain arrays of doubles; what a caller leaves out of a row is not known and stands as nan.
Positive current charges. `write_trace` turns the columns into the CSV that `hil replay` reads; files are
written whole or not at all.
"""

import contextlib
import gzip
import io
import math
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hil.errors import BadInput

COLUMNS = (
    "current_A",  # true, positive charges
    "layer_v_max_V",  # true hidden layers
    "layer_v_min_V",
    "bound_high_mV",  # what the BMS says no layer exceeds
    "bound_low_mV",
    "soc_true",  # fractions: mean of the hidden layers by Ah
    "soc",
    "soc_sigma",
    "soc_low",  # the hard interval
    "soc_high",
    "t_true_max_degC",  # true hidden layers
    "t_true_min_degC",
    "gradient_K",  # largest difference between two layers of one stack
    "coolant_degC",  # at the inlet
    "heater_percent",  # of what the pack declares
    "cooler_percent",
    "t_hot_ddegC",  # what the BMS says no layer exceeds
    "t_cold_ddegC",
    "charge_limit_dA",  # magnitudes
    "discharge_limit_dA",
    "charge_request_dA",  # what a charger is asked for
    "charge_phase",  # BMS_CHARGE_PLAN.charge_phase
    "charge_remaining_s",
    "pack_V",
    "link_V",
    "state",
    "contactors",  # mask: negative 1, precharge 2, positive 4, auxiliary 8
)
KINDS = ("state", "fault", "contactor", "phase", "injection", "command", "charge")
TRACE_HEADER = ("time_s", "current_A", "voltage_V", "temp_degC", "soc_ref")


class Event(NamedTuple):
    """Something that happened at `time_s`. `text` is for people, `details` for drawing."""

    time_s: float
    kind: str
    text: str
    details: dict[str, object]


class Recorder:
    """Rows and events of one run. `layers` in series make the trace's voltage that of the mean layer."""

    def __init__(self, layers: int = 1) -> None:
        self.layers = layers
        self.time_s = array("d")
        self.columns = {name: array("d") for name in COLUMNS}
        self.events: list[Event] = []

    def __len__(self) -> int:
        return len(self.time_s)

    def sample(self, now_ms: int, **values: float) -> None:
        """Appends one row. A column that is not given is nan; an unknown one is a TypeError."""
        if not values.keys() <= self.columns.keys():
            raise TypeError("no column " + ", ".join(sorted(values.keys() - self.columns.keys())))
        self.time_s.append(now_ms / 1000)
        for name, column in self.columns.items():
            column.append(values.get(name, math.nan))

    def event(self, now_ms: int, kind: str, text: str, **details: object) -> None:
        """Notes what happened. state: `text` is its name; contactor: `mask`; fault: `id`, `severity`."""
        if kind not in KINDS:
            raise ValueError(f"no kind of event {kind!r}: {', '.join(KINDS)}")
        self.events.append(Event(now_ms / 1000, kind, text, details))

    def of_kind(self, kind: str) -> list[Event]:
        """The events of one kind, as they came."""
        return [event for event in self.events if event.kind == kind]

    def write_trace(self, path: str | os.PathLike[str]) -> None:
        """CSV, gzipped where the name ends in .gz; BadInput where it cannot be written.

        voltage_V is the mean layer's (pack_V over layers), temp_degC the middle of the true layers, soc_ref
        the true SoC; then all columns under their own names. What is not known is an empty field.
        """
        column = self.columns
        head = (
            self.time_s,
            column["current_A"],
            array("d", (value / self.layers for value in column["pack_V"])),
            array("d", ((a + b) / 2 for a, b in zip(column["t_true_max_degC"], column["t_true_min_degC"]))),
            column["soc_true"],
        )
        rest = [name for name in COLUMNS if name not in TRACE_HEADER]
        text = io.StringIO()
        text.write(",".join((*TRACE_HEADER, *rest)) + "\n")
        for row in zip(*head, *(column[name] for name in rest)):
            text.write(",".join("" if value != value else f"{value:.9g}" for value in row) + "\n")
        data = text.getvalue().encode()
        if str(path).endswith(".gz"):
            data = gzip.compress(data, mtime=0)
        write_whole(path, data)


@contextlib.contextmanager
def _refused(place: Path) -> Iterator[None]:
    """Turns an OSError into the one line a user reads."""
    try:
        yield
    except OSError as error:
        raise BadInput(f"{place}: cannot be written: {error.strerror or error}") from error


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """The whole file or none: written beside its place, then renamed. BadInput where that cannot be done."""
    place = Path(path)
    if place.exists() and not place.is_file() and not place.is_dir():  # a pipe, /dev/null: nothing to rename over
        with _refused(place):
            place.write_bytes(data)
        return
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    with _refused(place):
        if place.is_dir():
            raise IsADirectoryError(None, "is a folder")
        try:
            beside.write_bytes(data)
            os.replace(beside, place)
        finally:
            beside.unlink(missing_ok=True)


def require_writable(path: str | os.PathLike[str]) -> None:
    """BadInput now and not after the run, where `path` could not be written. Leaves nothing behind."""
    place = Path(path)
    with _refused(place):
        if place.is_dir():
            raise IsADirectoryError(None, "is a folder")
        if place.exists():
            with place.open("ab"):
                return
        beside = place.with_name(f".{place.name}.{os.getpid()}.part")
        beside.touch()
        beside.unlink()
