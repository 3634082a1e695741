"""What the firmware puts on the bus and when: the worst tick, the worst 100 ms, and the load at 250 and 500 kbit/s.

Found by running the real firmware of every shipped pack in this process, through every state and a trip, and writing down each
frame that its board took; no table is read. Vehicle, charger and inverter are the bench's. Loads are given three times: without
stuffing, as sent (these very bits), and with the worst stuffing any content could need (see wiretime).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bms.schema import Pack, layer_count
from boards.parts import bench_frames
from boards.unix.board import Board
from hil import scenario as scenarios
from hil.actors.wire import database
from hil.benches.wiretime import nominal_bits, sent_bits, worst_bits
from hil.load import load_pack
from hil.loop import Bench
from hil.packfiles import names
from hil.record import Recorder
from hil.scenario import Scenario
from hil.targets.base import FRAME_BYTES
from hil.targets.inside import CPythonTarget

EXTENDED, EXTENDED_MAX = 0x80000000, 0x1FFFFFFF  # as SocketCAN has them
TICK_ms = 10
WINDOW_ticks = 10
BITRATES = (250_000, 500_000)
BURST_ms = 5.0
"""A tick bursts when its frames, worst stuffing, hold a bus of 250 kbit/s for longer: half a tick."""

STORY = """
[scenario]
name = "bus"
title = "Every state, then a trip"
pack = "{pack}"
seed = 1
soc_true = 0.6
soc_stored = 0.6
temperature_degC = 25
hysteresis = 0.0
[[phase]]
name = "wake"
kind = "idle"
duration_s = 1
[[phase]]
name = "drive"
kind = "drive"
duration_s = 4
c_rate = -0.2
[[phase]]
name = "open"
kind = "open"
duration_s = 1
[[phase]]
name = "charge"
kind = "charge"
duration_s = 4
[[fault]]
target = "group:0"
type = "silence"
phase = "charge"
offset_s = 3
[[expect]]
kind = "no_violation"
name = "no layer left its limits"
"""
BENCH_IDS = {
    message.ID
    for message in vars(bench_frames).values()
    if isinstance(message, type) and hasattr(message, "ID") and hasattr(message, "LENGTH")
}


class Sent(NamedTuple):
    """One frame on the bus in one tick."""

    tick: int
    by_firmware: bool
    identifier: int
    extended: bool
    data: bytes

    @property
    def key(self) -> int:
        """Identifier with SocketCAN's bit for extended ones."""
        return self.identifier | EXTENDED * self.extended


class Tapped(CPythonTarget):
    """Writes down what the board took from the firmware, and what the others said to it."""

    def __init__(self, pack_name: str, stored_permille: int) -> None:
        super().__init__(pack_name, None, stored_permille, make_app=self._make)
        self.frames: list[Sent] = []
        self.refused = 0
        self.raw: list[bytes] = []  # answers, tick by tick
        self._n = 0

    def _make(self, pack: Pack, board: Board) -> Any:
        from bms.app import App

        send: Any = board.can_send

        def can_send(identifier: int, data: bytearray, extended: bool) -> bool:
            taken: bool = send(identifier, data, extended)
            self.refused += not taken
            if taken:
                self.frames.append(Sent(self._n, True, identifier, extended, bytes(data)))
            return taken

        board.can_send = can_send  # type: ignore[method-assign]
        return App(pack, board)

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """As the target's own."""
        self._n = n
        for first in range(0, len(frames), FRAME_BYTES):
            word = int.from_bytes(frames[first : first + 4], "little")
            if word not in BENCH_IDS:
                data = frames[first + 8 : first + 8 + frames[first + 4]]
                self.frames.append(Sent(n, False, word & EXTENDED_MAX, word >= EXTENDED, data))
        return super().exchange(n, now_ms, frames)

    def answer(self, n: int, frames: bytes | memoryview) -> list[tuple[int, bytes]]:
        """As the target's own."""
        self.raw.append(bytes(frames))
        return super().answer(n, frames)


def story_of(pack_name: str) -> Scenario:
    """The scenario that both parts of the benchmark run."""
    return scenarios.parse(STORY.format(pack=pack_name), "bus.toml")


def tapped_run(pack_name: str) -> tuple[Tapped, Bench]:
    """The whole story of one pack, written down."""
    story = story_of(pack_name)
    target = Tapped(pack_name, 600)
    with target:
        pack = load_pack(pack_name)
        bench = Bench(story, pack, story.seed, Recorder(layer_count(pack)))
        bench.run(target, "cpython")
    if target.app.lane_failed:
        raise RuntimeError(f"{pack_name}: the integer lane failed: {target.app.last_error!r}")
    return target, bench


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Per shipped pack: the firmware alone, and with all others on the bus."""
    results: dict[str, Any] = {}
    for pack_name in names()[0]:
        target, bench = tapped_run(pack_name)
        called = _names(bench.pack)
        ticks = len(target.raw)
        alone = _counted([frame for frame in target.frames if frame.by_firmware], ticks, called)
        together = _counted(target.frames, ticks, called)
        others = sorted({called.get(frame.key, hex(frame.key)) for frame in target.frames if not frame.by_firmware})
        states = [name for _, name in bench.witness.states]
        results[pack_name] = {"ticks": ticks, "states": states, "refused": target.refused, "firmware": alone, "all": together}
        say(f"  {pack_name}: {ticks * TICK_ms / 1000:g} s, states {', '.join(dict.fromkeys(states))}; refused {target.refused}")
        _tell("firmware alone", alone, say)
        _tell(f"with {', '.join(others)}", together, say)
    return results


def _counted(frames: Sequence[Sent], ticks: int, called: dict[int, str]) -> dict[str, Any]:
    by_tick = Counter(frame.tick for frame in frames)
    worst_tick = max(range(ticks), key=lambda n: by_tick[n])
    bits = {
        "nominal": [nominal_bits(frame.extended, len(frame.data)) for frame in frames],
        "sent": [sent_bits(frame.identifier, frame.extended, frame.data) for frame in frames],
        "worst": [worst_bits(frame.extended, len(frame.data)) for frame in frames],
    }
    per_tick = {kind: _per_tick(frames, costs, ticks) for kind, costs in bits.items()}
    counts = [by_tick[n] for n in range(ticks)]
    first = max(range(ticks - WINDOW_ticks + 1), key=lambda n: sum(counts[n : n + WINDOW_ticks]))
    window_s, whole_s = WINDOW_ticks * TICK_ms / 1000, ticks * TICK_ms / 1000
    loads = {
        str(bitrate): {
            kind: {
                "mean": round(sum(costs) / whole_s / bitrate, 4),
                "worst_100_ms": round(_worst_window(costs) / window_s / bitrate, 4),
            }
            for kind, costs in per_tick.items()
        }
        for bitrate in BITRATES
    }
    busy_ms = {str(bitrate): round(max(per_tick["worst"]) / bitrate * 1000, 2) for bitrate in BITRATES}
    return {
        "frames_per_s": round(len(frames) / whole_s, 1),
        "worst_tick": worst_tick,
        "worst_tick_frames": by_tick[worst_tick],
        "worst_tick_names": [called.get(frame.key, hex(frame.key)) for frame in frames if frame.tick == worst_tick],
        "worst_tick_ms": busy_ms,
        "worst_100_ms_frames": sum(counts[first : first + WINDOW_ticks]),
        "worst_100_ms_first_tick": first,
        "load": loads,
        "bursts": busy_ms[str(BITRATES[0])] > BURST_ms,
    }


def _per_tick(frames: Sequence[Sent], costs: Sequence[int], ticks: int) -> list[int]:
    total = [0] * ticks
    for frame, cost in zip(frames, costs):
        total[frame.tick] += cost
    return total


def _worst_window(costs: Sequence[int]) -> int:
    return max(sum(costs[n : n + WINDOW_ticks]) for n in range(len(costs) - WINDOW_ticks + 1))


def _names(pack: Pack) -> dict[int, str]:
    """Every message of the files that this pack speaks, by its identifier."""
    known: dict[int, str] = {}
    files = {"bms", pack.charger_protocol, pack.inverter.protocol if pack.inverter is not None else "bms"}
    for name in sorted(files):
        for message in database(f"{name}.dbc").messages:
            known.setdefault(message.frame_id | EXTENDED * message.is_extended_frame, message.name)
    return known


def _tell(who: str, found: dict[str, Any], say: Callable[[str], None]) -> None:
    say(f"    {who}: {found['frames_per_s']} frames/s, {found['worst_100_ms_frames']} in the worst 100 ms")
    say(f"      worst tick {found['worst_tick']}: {found['worst_tick_frames']} frames, {', '.join(found['worst_tick_names'])}")
    for bitrate, loads in found["load"].items():
        parts = [f"{kind} {100 * load['mean']:.1f} % ({100 * load['worst_100_ms']:.1f} %)" for kind, load in loads.items()]
        tick_ms = found["worst_tick_ms"][bitrate]
        say(f"      {int(bitrate) // 1000} kbit/s, mean (worst 100 ms): {', '.join(parts)}; worst tick {tick_ms} ms")
    if found["bursts"]:
        say(f"      WARNING: the worst tick holds a bus of {BITRATES[0] // 1000} kbit/s for more than {BURST_ms:g} ms")
