"""Whatever the tree of selectors, a multiplexed frame reads and packs as in cantools, in four lines a signal."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_codec import HEAD, allowed, check_reading, compiled, encoded, packed, present
from tests.test_codec_text import measured

DEPTH = 3


class Tree:
    """Lays signals into a frame, level under level; only signals that exclude each other share bits."""

    def __init__(self, rng: random.Random, length: int) -> None:
        self.rng = rng
        self.length = length
        self.lines: list[str] = []
        self.values: list[str] = []

    def level(self, free: set[int], depth: int, parent: str, ids: list[int]) -> set[int]:
        """Fills a level and what is below it. Returns the bits that were free and are not."""
        rng, before = self.rng, set(free)
        selectors: list[tuple[str, int]] = []
        for _ in range(rng.randint(1, 4)):
            selects = depth < DEPTH and rng.random() < 0.5
            placed = self.signal(free, selects, parent, ids)
            if placed and selects:
                selectors.append(placed)
        for name, width in selectors:
            used: set[int] = set()
            seen: set[int] = set()
            for _ in range(rng.randint(1, 3)):
                chosen = sorted(rng.sample(range(2**width), rng.randint(1, min(3, 2**width))))
                room = free - used if seen & set(chosen) else set(free)
                used |= self.level(room, depth + 1, name, chosen)
                seen |= set(chosen)
            free -= used
        return before - free

    def signal(self, free: set[int], selects: bool, parent: str, ids: list[int]) -> tuple[str, int] | None:
        rng = self.rng
        big, first, most = rng.random() < 0.5, rng.randrange(8 * self.length), rng.randint(1, 4 if selects else 20)
        bits: list[int] = []
        while len(bits) < most and (bit := first + len(bits)) < 8 * self.length and (bit ^ 7 if big else bit) in free:
            bits.append(bit)
        if not bits:
            return None
        free -= {bit ^ 7 if big else bit for bit in bits}
        name = f"s{len(self.lines)}"
        mark = (f" m{ids[0]}" if ids else "") + (("" if ids else " ") + "M" if selects else "")
        sign = "+" if selects or rng.random() < 0.5 else "-"
        start, order = (first ^ 7, 0) if big else (first, 1)
        self.lines.append(f' SG_ {name}{mark} : {start}|{len(bits)}@{order}{sign} (1,0) [0|0] "" B\n')
        if ids:
            self.values.append(f"SG_MUL_VAL_ 291 {name} {parent} " + ", ".join(f"{n}-{n}" for n in ids) + ";\n")
        return name, len(bits)


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 8, 8, 20]))
def test_any_tree_of_selectors_reads_and_packs_as_cantools_does(seed: int, length: int) -> None:
    rng = random.Random(seed)
    tree = Tree(rng, length)
    tree.level(set(range(8 * length)), 0, "", [])
    text = HEAD + f"BO_ 291 RANDOM: {length} A\n" + "".join(tree.lines) + "\n" + "".join(tree.values)
    codec = compiled(text)
    (message,) = codec.database.messages
    for _ in range(8):
        check_reading(codec, message, rng.randbytes(length))
        values = present(message, {s.name: allowed(s, rng) for s in message.signals}, rng)
        payload = encoded(message, values)
        assert packed(codec.fill(message, values)) == payload
        check_reading(codec, message, payload)
    long = [row for row in measured(codec.text) if row[3] > row[4]]
    assert not long, text
