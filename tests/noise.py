"""Random frames for the fuzz tests: half of them with an identifier that somebody on the bus uses, in every disguise.

A frame is 16 bytes as SocketCAN has it. Half of the known ones are those the firmware listens to; of the known a quarter
are extended twins, an eighth remote; half of all carry 8 bytes, the others 0 to 8. A frame that by chance is whole under
end-to-end protection is counted and spoilt by one bit, so that what is left is noise for certain; autosar-e2e is the judge.
The bench's own wires (dbc/hil.dbc) are left out unless asked for, and never is HIL_TICK among them, which is the clock.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import cantools
import e2e.p05
import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent.parent / "dbc"
EXTENDED, REMOTE = 0x80000000, 0x40000000
FRAME = np.dtype([("word", "<u4"), ("length", "u1"), ("pad", "u1", 3), ("data", "u1", 8)])
HIL_TICK = 0x6F0


def _words(name: str, not_from: str = "") -> list[int]:
    database: Any = cantools.database.load_file(FOLDER / name)
    heard = [message for message in database.messages if not_from not in message.senders]
    return [message.frame_id | EXTENDED * message.is_extended_frame for message in heard]


RECEIVED = _words("bms.dbc", "BMS")
"""What the firmware listens to in bms.dbc: all of it is protected."""
BENCH = _words("hil.dbc")
OTHERS = [word for path in sorted(FOLDER.glob("*.dbc")) if path.name != "hil.dbc" for word in _words(path.name)]


class Noise(NamedTuple):
    """Frames, and how many of them were whole by chance among how many that might have been."""

    frames: NDArray[Any]
    whole: int
    chances: int

    def part(self, first: int, end: int) -> bytes:
        """Some of them as bytes."""
        return self.frames[first:end].tobytes()


def noise(seed: int, count: int, bench: bool = False, long: bool = False) -> Noise:
    """`bench`: also the sensors' identifiers. `long`: also lengths of 9 to 64, with 8 bytes of content, for a mailbox."""
    rng = np.random.Generator(np.random.PCG64(seed))
    others = np.array(OTHERS + (BENCH * 2 if bench else []), dtype=np.uint32)
    known = np.where(rng.integers(0, 2, count) == 0, rng.choice(RECEIVED, count), rng.choice(others, count))
    frames = np.zeros(count, dtype=FRAME)
    foreign = np.where(
        rng.integers(0, 2, count) == 0,
        rng.integers(0, 1 << 11, count),
        rng.integers(0, 1 << 29, count) | EXTENDED,
    )
    disguise = np.array([0, 0, 0, 0, 0, EXTENDED, EXTENDED, REMOTE])[rng.integers(0, 8, count)]
    words = np.where(rng.integers(0, 2, count) == 0, known | disguise, foreign).astype(np.uint32)
    ours = np.isin(words & ~np.uint32(REMOTE), [HIL_TICK] if bench else BENCH)
    frames["word"] = np.where(ours, 0x333, words)
    frames["length"] = np.where(rng.integers(0, 2, count) == 0, 8, rng.integers(0, 9, count))
    if long:
        frames["length"] = np.where(rng.integers(0, 20, count) == 0, rng.integers(9, 65, count), frames["length"])
    frames["data"] = rng.integers(0, 256, (count, 8))
    return Noise(frames, *_spoil(frames))


def _spoil(frames: NDArray[Any]) -> tuple[int, int]:
    whole = 0
    candidates = np.nonzero(np.isin(frames["word"], RECEIVED) & (frames["length"] == 8))[0]
    for k, word, data in zip(candidates, frames["word"][candidates].tolist(), frames["data"][candidates]):
        if e2e.p05.e2e_p05_check(data.tobytes(), word):
            whole += 1
            frames["data"][k][7] ^= 1
    return whole, len(candidates)


def quotas(states: Iterable[int], wanted: Iterable[int], total: int) -> list[int]:
    """How many frames for every tick, given its state: `total` in equal parts over the wanted states, 1 elsewhere."""
    visited = list(states)
    chosen = list(wanted)
    ticks = {state: visited.count(state) for state in chosen}
    assert all(ticks.values()), "every state is visited"
    share = total // len(chosen)
    seen = dict.fromkeys(chosen, 0)
    counts = []
    for state in visited:
        if state not in seen:
            counts.append(1)
            continue
        done = seen[state]
        seen[state] = done + 1
        counts.append(share * (done + 1) // ticks[state] - share * done // ticks[state])
    return counts
