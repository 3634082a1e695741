"""What the firmware says on the wire, written down: states, faults, zero limits, charges, how far estimates are off.

Decoded by cantools with the names of dbc/bms.dbc, and only where a payload has changed; raw integers, because
their units are the firmware's. The judge reads the lists, the recorder gets the numbers.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from cantools.database.can import Database
from cantools.database.namedsignalvalue import NamedSignalValue

from bms.safety import faults
from bms.schema import Pack
from hil.actors.wire import E2E_BYTES
from hil.record import Recorder

NOWHERE = 255
BITS_EACH = 16
"""Fault bits in one signal of BMS_FAULTS."""
PAGE_BITS = 32
UNKNOWN_s = 65535
"""BMS_CHARGE_PLAN.charge_remaining while nobody can tell."""


SERVING = ("drive", "opening")
"""States in which the faults of a pack's priority weigh what it says."""


class Truth(Protocol):
    """The plant, as far as estimates are held against it."""

    pack: Pack

    @property
    def soc_mean(self) -> float:
        """Mean of the hidden layers by Ah, 0 to 1."""


class Reported(NamedTuple):
    """A fault as the firmware reported it. Where it is, is only told of the first cause."""

    now_ms: int
    id: int
    name: str
    severity: str
    where: int | None


class Zero(NamedTuple):
    """Which limits were zero from now_ms on."""

    now_ms: int
    charge: bool
    discharge: bool


def choices(table: Mapping[int, str | NamedSignalValue] | None) -> dict[int, str]:
    """A value table of a DBC as plain words."""
    return {number: str(word) for number, word in (table or {}).items()}


class Plan(NamedTuple):
    """How the charge goes on from now_ms on: phase, why it ended, and the time until its target (None: unknown)."""

    now_ms: int
    phase: str
    end: str
    remaining_s: int | None


class Witness:
    """`handlers` maps the identifier of a frame to what takes its (data, now_ms)."""

    def __init__(self, wire: Database, truth: Truth, recorder: Recorder) -> None:
        self._truth = truth
        self.recorder = recorder
        self.values: dict[str, Any] = {}  # raw, of every signal decoded so far
        self.states: list[tuple[int, str]] = []
        self.faults: list[Reported] = []
        self.active: set[int] = set()
        self.first_cause: Reported | None = None
        self.zeros: list[Zero] = []
        self.plans: list[Plan] = []
        self.soc_first: float | None = None
        self.soc_last: float | None = None
        self.soc_count = 0
        self.soc_square = 0.0
        self.soc_worst = 0.0
        self.soc_outside = 0.0  # farthest that the true one was outside the published interval
        handlers: dict[str, Callable[[bytes, int], None]] = {
            "BMS_LIMITS": self._limits,
            "BMS_STATE": self._state,
            "BMS_FAULTS": self._page,
            "BMS_SOC": self._soc,
            "BMS_CHARGE_PLAN": self._plan,
        }
        sampled = ("BMS_BOUNDS", "BMS_TEMPERATURE", "BMS_CHARGE_REQUEST")
        identifiers = {name: wire.get_message_by_name(name).frame_id for name in (*handlers, *sampled)}
        self._messages = {number: wire.get_message_by_frame_id(number) for number in identifiers.values()}
        self.handlers = {identifiers[name]: take for name, take in handlers.items()}
        self._sampled = [identifiers[name] for name in sampled]
        self._payloads = dict.fromkeys(self._messages, b"")
        self._pages: dict[int, bytes] = {}  # last content of each page of faults
        self._identifiers = identifiers
        state = wire.get_message_by_name("BMS_STATE")
        self.state_names = choices(state.get_signal_by_name("state").choices)
        self.fault_names = choices(state.get_signal_by_name("first_cause").choices)
        plan = wire.get_message_by_name("BMS_CHARGE_PLAN")
        self._plan_words = [choices(plan.get_signal_by_name(name).choices) for name in ("charge_phase", "charge_end")]
        words = choices(state.get_signal_by_name("severity").choices)
        self._severities = {row.id: words.get(row.severity, "unknown") for row in faults.TABLE}
        weights = dict(truth.pack.priority)
        self._eased = {row.id: words[weights[row.name]] for row in faults.TABLE if row.name in weights}

    @property
    def state(self) -> str:
        """State of the machine; empty before it was heard."""
        return self.states[-1][1] if self.states else ""

    def sample(self, latest: Mapping[int, bytes]) -> dict[str, Any]:
        """All values, those of the frames that are only looked at now and then included."""
        for identifier in self._sampled:
            if identifier in latest:
                self._changed(identifier, latest[identifier], E2E_BYTES)
        return self.values

    def _changed(self, identifier: int, data: bytes, skip: int) -> bool:
        payload = data[skip:]
        if payload == self._payloads[identifier]:
            return False
        self._payloads[identifier] = payload
        decoded = self._messages[identifier].decode(data, decode_choices=False, scaling=False)
        assert isinstance(decoded, dict)
        self.values.update(decoded)
        return True

    def _limits(self, data: bytes, now_ms: int) -> None:
        if not self._changed(self._identifiers["BMS_LIMITS"], data, E2E_BYTES):
            return
        zero = Zero(now_ms, self.values["charge_limit"] == 0, self.values["discharge_limit"] == 0)
        if not self.zeros or zero[1:] != self.zeros[-1][1:]:
            self.zeros.append(zero)

    def _state(self, data: bytes, now_ms: int) -> None:
        if not self._changed(self._identifiers["BMS_STATE"], data, E2E_BYTES):
            return
        values = self.values
        state = self.state_names.get(values["state"], str(values["state"]))
        if state != self.state:
            self.states.append((now_ms, state))
            self.recorder.event(now_ms, "state", state)
        cause = values["first_cause"]
        if not cause:
            self.first_cause = None
        elif self.first_cause is None or self.first_cause.id != cause:
            where = values["first_cause_where"]
            self.first_cause = self._report(now_ms, cause, None if where == NOWHERE else where)

    def _page(self, data: bytes, now_ms: int) -> None:
        payload = data[E2E_BYTES:]
        if payload not in self._pages.values() and self._changed(self._identifiers["BMS_FAULTS"], data, E2E_BYTES):
            page = self.values["page"]
            self._pages[page] = payload
            self._fault_bits(page * PAGE_BITS, now_ms)

    def _fault_bits(self, first: int, now_ms: int) -> None:
        told: set[int] = set()
        for low in range(first, first + PAGE_BITS, BITS_EACH):
            bits = self.values[f"faults_{low}_{low + BITS_EACH - 1}"]
            told.update(low + n for n in range(BITS_EACH) if bits >> n & 1)
        for identifier in sorted(told - self.active):
            self._report(now_ms, identifier, None)
        gone = {i for i in self.active if first <= i < first + PAGE_BITS} - told
        self.active -= gone
        for identifier in sorted(gone):
            text = self._name(identifier) + " gone"
            self.recorder.event(now_ms, "fault", text, id=identifier, severity="none")

    def _name(self, identifier: int) -> str:
        return self.fault_names.get(identifier, f"fault_{identifier}")

    def _report(self, now_ms: int, identifier: int, where: int | None) -> Reported:
        """A fault that was not active. One told twice, as a bit and as the first cause, is the same one."""
        severity = self._severities.get(identifier, "unknown")
        if self.state in SERVING:
            severity = self._eased.get(identifier, severity)
        fault = Reported(now_ms, identifier, self._name(identifier), severity, where)
        if identifier not in self.active:
            self.active.add(identifier)
            self.faults.append(fault)
            text = fault.name if where is None else f"{fault.name} at {where}"
            self.recorder.event(now_ms, "fault", text, id=identifier, severity=severity)
        elif where is not None:
            for i in range(len(self.faults) - 1, -1, -1):
                if self.faults[i].id == identifier:
                    self.faults[i] = self.faults[i]._replace(where=where)
                    break
        return fault

    def _plan(self, data: bytes, now_ms: int) -> None:
        if not self._changed(self._identifiers["BMS_CHARGE_PLAN"], data, E2E_BYTES):
            return
        values, (phases, ends) = self.values, self._plan_words
        phase = phases.get(values["charge_phase"], str(values["charge_phase"]))
        end = ends.get(values["charge_end"], str(values["charge_end"]))
        remaining_s = None if values["charge_remaining"] == UNKNOWN_s else values["charge_remaining"]
        if not self.plans or phase != self.plans[-1].phase:
            self.recorder.event(now_ms, "charge", phase)
        self.plans.append(Plan(now_ms, phase, end, remaining_s))

    def _soc(self, data: bytes, now_ms: int) -> None:
        self._changed(self._identifiers["BMS_SOC"], data, E2E_BYTES)
        values, true = self.values, self._truth.soc_mean
        estimated = values["soc"] / 1000
        error = abs(estimated - true)
        if self.soc_first is None:
            self.soc_first = estimated
        self.soc_last = estimated
        self.soc_count += 1
        self.soc_square += error * error
        self.soc_worst = max(self.soc_worst, error)
        outside = max(values["soc_low"] / 1000 - true, true - values["soc_high"] / 1000)
        self.soc_outside = max(self.soc_outside, outside)
