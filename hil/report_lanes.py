"""What happened in a run, as lanes of bars over time (phases, states, contactors, faults, injections), and how soon."""

import math

from hil.record import Event, Recorder

FAULT_ROWS_MAX = 6
REACTION_s = 10.0
STATE_TONES = {
    "standby": "idle",
    "self_test": "test",
    "precharge": "precharge",
    "drive": "drive",
    "charge": "charge",
    "opening": "opening",
    "fault": "fault",
    "service": "service",
}
CHARGE_TONES = {"heating": "opening", "charging": "charge", "tapering": "precharge", "cooling": "drive", "done": "idle"}
CONTACTOR_NAMES = {0: "open", 1: "− only", 3: "− and precharge", 5: "closed", 7: "closed, precharge too"}
CONTACTOR_TONES = {0: "idle", 1: "test", 3: "precharge", 5: "charge", 7: "charge"}
Item = tuple[float, float, str, str]  # from and to in seconds, text, tone


def lanes(recorder: Recorder, end_s: float) -> list[dict[str, object]]:
    """Name and rows of bars of every lane that has any."""
    states = [(e.time_s, e.text, STATE_TONES.get(e.text, "service")) for e in recorder.of_kind("state")]
    phases = [(e.time_s, e.text, f"phase-{'ab'[i % 2]}") for i, e in enumerate(recorder.of_kind("phase"))]
    commands = [(e.time_s, e.text, f"phase-{'ba'[i % 2]}") for i, e in enumerate(recorder.of_kind("command"))]
    charges = [(e.time_s, e.text, CHARGE_TONES.get(e.text, "idle")) for e in recorder.of_kind("charge")]
    injections = [(e, "service") for e in recorder.of_kind("injection")]
    faults = [(e, "fault" if "trip" in str(e.details.get("severity")) else "opening") for e in recorder.of_kind("fault")]
    all_lanes = [
        ("phase", [_followed(phases, end_s)]),
        ("command", [_followed(commands, end_s)]),
        ("state", [_followed(states, end_s)]),
        ("charge", [[bar for bar in _followed(charges, end_s) if bar[2] != "idle"]]),
        ("contactors", [_followed(contactor_changes(recorder), end_s)]),
        ("injected", _stacked(_spans(injections, end_s))),
        ("faults", _stacked(_spans(faults, end_s))),
    ]
    return [{"name": name, "rows": [row for row in rows if row]} for name, rows in all_lanes if any(rows)]


def _followed(starts: list[tuple[float, str, str]], end_s: float) -> list[Item]:
    """Each lasts until the next one starts."""
    ends = [start for start, _, _ in starts[1:]] + [end_s]
    return [(round(a, 3), round(b, 3), text, tone) for (a, text, tone), b in zip(starts, ends)]


def contactor_changes(recorder: Recorder) -> list[tuple[float, str, str]]:
    """Time, name and tone of every new position: from the events that carry a mask, else from the samples."""
    told = [(e.time_s, e.details["mask"]) for e in recorder.of_kind("contactor") if isinstance(e.details.get("mask"), int)]
    changes: list[tuple[float, int]] = [(t, mask) for t, mask in told if isinstance(mask, int)]
    if not changes or changes[0][0] > 0:
        sampled = list(zip(recorder.time_s, recorder.columns["contactors"]))
        known = [(t, int(mask)) for t, mask in sampled if math.isfinite(mask)]
        changes = known[:1] + changes if changes else known
    out: list[tuple[float, str, str]] = []
    before = -1
    for time_s, mask in changes:
        mask &= 7
        if mask != before:
            name = CONTACTOR_NAMES.get(mask, f"mask {mask}")
            out.append((time_s, name, CONTACTOR_TONES.get(mask, "fault")))
        before = mask
    return out


def _spans(events: list[tuple[Event, str]], end_s: float) -> list[Item]:
    """From an event to the one that ends it: the same id or text, told to be over; or as long as it says; or the end."""
    open_at: dict[object, int] = {}
    spans: list[Item] = []
    for event, tone in events:
        name = event.text.removesuffix(" gone").removesuffix(" over")
        key = event.details.get("id", name)
        start = event.time_s
        if over(event):
            if key in open_at:
                index = open_at.pop(key)
                spans[index] = (spans[index][0], round(start, 3), *spans[index][2:])
            continue
        if key in open_at:
            continue
        until = event.details.get("until_s")
        length = event.details.get("duration_s")
        stop = end_s
        if isinstance(until, (int, float)):
            stop = float(until)
        elif isinstance(length, (int, float)):
            stop = start + float(length)
        open_at[key] = len(spans)
        spans.append((round(start, 3), round(min(stop, end_s), 3), name, tone))
    return spans


def _stacked(spans: list[Item]) -> list[list[Item]]:
    """Rows without overlap; what does not fit into the last row lies over it."""
    rows: list[list[Item]] = []
    for span in spans:
        for row in rows:
            if row[-1][1] <= span[0]:
                row.append(span)
                break
        else:
            if len(rows) < FAULT_ROWS_MAX:
                rows.append([span])
            else:
                rows[-1].append(span)
    return rows


def over(event: Event) -> bool:
    """Whether the event says that something has ended."""
    return event.details.get("severity") == "none" or event.text.endswith((" gone", " over"))


def reactions(recorder: Recorder) -> list[tuple[str, float, float, list[tuple[float, str]]]]:
    """Of every injection: text, start, time of the last that followed, and what followed at first, with delays in s."""
    injections = [event for event in recorder.of_kind("injection") if not over(event)]
    out = []
    for event in injections:
        later = [e.time_s for e in injections if e.time_s > event.time_s]
        until = min(later[0] if later else math.inf, event.time_s + REACTION_s)
        firsts: dict[str, tuple[float, str]] = {}
        told = [(e.time_s, e.kind, e.text) for e in recorder.events if e.kind in ("fault", "state") and not over(e)]
        moved = [(t, "contactors", f"contactors {text}") for t, text, _ in contactor_changes(recorder)]
        for time_s, kind, text in sorted(told + moved):
            if event.time_s <= time_s < until and (kind == "state" or kind not in firsts):
                said = f"{kind} {text}" if kind in ("fault", "state") else text
                firsts[kind if kind != "state" else said] = (time_s - event.time_s, said)
        followed = sorted(firsts.values())
        out.append((event.text, event.time_s, event.time_s + (followed[-1][0] if followed else 2.0), followed))
    return out
