"""A configuration that changes in memory is found in one round of its parts and one leaf, whichever it is, and no other is
blamed."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.configuration import PART, Audit, fingerprint
from bms.packs import bench_24, bess_14, ev_240

PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK, "bess_14": bess_14.PACK}
LEAVES = {name: len(Audit(pack)._leaves) for name, pack in PACKS.items()}
ROUND = {name: Audit(pack).parts for name, pack in PACKS.items()}

MICROPYTHON = """
import sys
sys.path.append(".")
from bms.configuration import Audit
from bms.packs.{name} import PACK
audit = Audit(PACK)
n = audit.parts
healthy = [audit.step() for _ in range(n)]
bad = []
for k in range(0, len(audit._leaves), 7):
    was = audit._leaves[k]
    audit._leaves[k] = "another"
    seen = [audit.step() for _ in range(n)]
    audit._leaves[k] = was
    again = [audit.step() for _ in range(n)]
    if max(seen) != 1 or seen[-1] != 1 or again[-1] != 0:
        bad.append(k)
print(n, max(healthy), bad, list(audit._sums))
"""


def turned(value: Any, bit: int) -> Any:
    """The value with one bit of it turned over."""
    if isinstance(value, bool) or value is None:
        return 1 << bit
    if isinstance(value, int):
        return value ^ (1 << bit % 20)
    if isinstance(value, str):
        at = bit % max(1, len(value))
        return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
    at = bit % len(value)
    return (*value[:at], turned(value[at], bit), *value[at + 1 :])


def scalars(value: Any) -> list[Any]:
    """Everything in a record that is no tuple, in order."""
    if isinstance(value, tuple):
        return [item for part in value for item in scalars(part)]
    return [value]


@pytest.mark.parametrize("name", PACKS)
def test_every_value_of_a_pack_is_in_exactly_one_part(name: str) -> None:
    leaves = Audit(PACKS[name])._leaves
    assert sorted(map(str, scalars(tuple(leaves)))) == sorted(map(str, scalars(PACKS[name])))


@pytest.mark.parametrize("name", PACKS)
def test_no_step_looks_at_more_than_a_part(name: str) -> None:
    audit = Audit(PACKS[name])
    looked: list[int] = []
    for _ in range(ROUND[name]):
        before = (audit._next, audit._at)
        audit.step()
        leaf = scalars((audit._leaves[before[0]],))
        looked.append((audit._at or len(leaf)) - before[1])
    assert max(looked) == PART
    assert sum(looked) == len(scalars(PACKS[name]))


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_that_is_what_it_was_is_never_found_changed(name: str) -> None:
    audit = Audit(PACKS[name])
    assert [audit.step() for _ in range(2 * ROUND[name] + 3)] == [0] * (2 * ROUND[name] + 3)


@settings(max_examples=25)
@given(name=st.sampled_from(sorted(PACKS)), k=st.integers(0, 1000), start=st.integers(0, 1000), bit=st.integers(0, 63))
def test_a_bit_that_turns_in_any_part_is_found_when_all_have_had_their_turn_and_healed_likewise(
    name: str, k: int, start: int, bit: int
) -> None:
    audit = Audit(PACKS[name])
    n = ROUND[name]
    k %= LEAVES[name]
    for _ in range(start % n):
        audit.step()
    was = audit._leaves[k]
    steps = -(-len(scalars((was,))) // PART)
    audit._leaves[k] = turned(was, bit)
    seen = [audit.step() for _ in range(n + steps - 1)]  # those of it that had been looked at have to come again
    assert seen == sorted(seen), "once found it stays"
    assert seen[-1] == 1
    ends = sum(-(-len(scalars((leaf,))) // PART) for leaf in audit._leaves[: k + 1]) - 1
    assert seen.index(1) % n == (ends - start % n) % n, "at its turn, and no other"
    audit._leaves[k] = was
    assert [audit.step() for _ in range(n + steps - 1)][-1] == 0


@settings(max_examples=15)
@given(places=st.sets(st.integers(0, LEAVES["bench_24"] - 1), max_size=8))
def test_as_many_are_counted_as_have_changed(places: set[int]) -> None:
    audit = Audit(PACKS["bench_24"])
    for k in places:
        audit._leaves[k] = turned(audit._leaves[k], 3)
    for _ in range(2 * ROUND["bench_24"]):
        audit.step()
    assert audit.changed == len(places)


@pytest.mark.parametrize("name", ["bench_24", "bess_14"])
def test_micropython_finds_the_same(name: str, micropython: str, root: Path) -> None:
    command = [micropython, "-X", "heapsize=8m", "-c", MICROPYTHON.format(name=name)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    audit = Audit(PACKS[name])
    assert done.stdout.strip() == f"{ROUND[name]} 0 [] {list(audit._sums)}", done.stderr


def test_packs_that_differ_have_fingerprints_that_differ() -> None:
    assert len({fingerprint(pack) for pack in PACKS.values()}) == len(PACKS)
