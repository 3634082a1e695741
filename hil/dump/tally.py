"""What was heard of every identifier on every bus: how often, how regularly, how much of it had a meaning.

Periods are in seconds between frames of one identifier on one bus, by the log's own stamps.
"""

from collections.abc import Iterator
from typing import Any

from hil.dump.decoder import Decode


class Watch:
    """One identifier on one bus. `decode` is None where nothing is to be decoded: `name` None, or not asked for."""

    __slots__ = (
        *("bus", "identifier", "name", "length", "head", "decode", "loose", "frames", "decoded"),
        *("wrong_length", "undecodable", "first_s", "last_s", "shortest_s", "longest_s"),
    )

    def __init__(self, bus: str, identifier: str, head: str) -> None:
        self.bus = bus
        self.identifier = identifier
        self.head = head  # of its lines, behind the time
        self.name: str | None = None
        self.length = 0
        self.decode: Decode | None = None
        self.loose: Decode | None = None  # for frames of another length
        self.frames = 0
        self.decoded = 0
        self.wrong_length = 0
        self.undecodable = 0
        self.first_s: float | None = None
        self.last_s = 0.0
        self.shortest_s = 0.0
        self.longest_s = 0.0

    def see(self, now_s: float) -> None:
        """A frame came at this time."""
        if self.first_s is None:
            self.first_s = now_s
            self.shortest_s, self.longest_s = float("inf"), float("-inf")
        else:
            gap_s = now_s - self.last_s
            if gap_s < self.shortest_s:
                self.shortest_s = gap_s
            if gap_s > self.longest_s:
                self.longest_s = gap_s
        self.last_s = now_s

    def row(self) -> dict[str, Any]:
        """For the summary."""
        row: dict[str, Any] = {"bus": self.bus, "id": self.identifier}
        if self.name is not None:
            row["message"] = self.name
        row["frames"] = self.frames
        if self.name is not None:
            row |= {"decoded": self.decoded, "malformed": self.wrong_length + self.undecodable}
        periods: tuple[float, ...] | None = None
        if self.first_s is not None and self.longest_s >= self.shortest_s:
            periods = (self.last_s - self.first_s) / (self.frames - 1), self.shortest_s, self.longest_s
        for n, what in enumerate(("mean", "min", "max")):
            row[f"period_{what}_s"] = None if periods is None else round(periods[n], 9)
        return row


class Tally:
    """All of it. Remote and error frames carry no message and stand beside the watches."""

    def __init__(self) -> None:
        self.watches: dict[tuple[str, str], Watch] = {}
        self.remote = 0
        self.errors = 0

    def counts(self) -> dict[str, int]:
        """Every frame once: decoded, unknown, malformed, left out by a filter, remote or error."""
        watches = self.watches.values()
        known = [watch for watch in watches if watch.name is not None]
        frames = sum(watch.frames for watch in watches)
        decoded = sum(watch.decoded for watch in known)
        wrong_length = sum(watch.wrong_length for watch in known)
        undecodable = sum(watch.undecodable for watch in known)
        unknown = frames - sum(watch.frames for watch in known)
        return {
            "frames": frames + self.remote + self.errors,
            "decoded": decoded,
            "unknown": unknown,
            "malformed": wrong_length + undecodable,
            "wrong_length": wrong_length,
            "undecodable": undecodable,
            "left_out": frames - unknown - decoded - wrong_length - undecodable,
            "remote": self.remote,
            "errors": self.errors,
        }

    def duration_s(self) -> float:
        """From the first stamp to the last."""
        heard = [watch for watch in self.watches.values() if watch.first_s is not None]
        first_s = min((watch.first_s for watch in heard if watch.first_s is not None), default=0.0)
        return max((watch.last_s for watch in heard), default=0.0) - first_s

    def rows(self, known: bool) -> list[dict[str, Any]]:
        """By bus and identifier: the messages, or what is none."""
        return [watch.row() for _, watch in sorted(self.watches.items()) if (watch.name is not None) == known and watch.frames]

    def sentences(self, truncated: int, bad_lines: int) -> Iterator[str]:
        """For a person: how many frames, then whatever there was of each sort."""
        counts = self.counts()
        unknown = sum(watch.name is None and watch.frames > 0 for watch in self.watches.values())
        yield f"{counts['frames']} frames"
        yield f"{counts['decoded']} decoded"
        for count, what in (
            (counts["unknown"], f"unknown ({unknown} identifiers)"),
            (counts["wrong_length"], "of a wrong length"),
            (counts["undecodable"], "undecodable"),
            (counts["left_out"], "not asked for"),
            (counts["remote"], "remote"),
            (counts["errors"], "error frames"),
            (bad_lines, "lines unreadable"),
            (truncated, "cut off at the end"),
        ):
            if count:
                yield f"{count} {what}"
