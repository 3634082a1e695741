"""Power may go at any instant: what was kept comes back, the last whole record of each kind or the one before it."""

import random
from collections.abc import Iterator

import pytest

from bms.store.journal import STRIKES, Journal
from tests.flash import Flash, PowerCut

ROOMS = (200, 40, 24, 8)  # of kinds 1 to 4
KINDS = range(1, len(ROOMS) + 1)
SHAPES = ((2048, 1024, 1), (3072, 1024, 8), (2560, 1280, 32))
Known = dict[int, bytes]


class Life:
    """A journal, what has been kept in it for certain, and what is on its way."""

    def __init__(self, flash: Flash, seed: int) -> None:
        self.flash = flash
        self.dice = random.Random(seed)
        self.kept: Known = {}
        self.underway: tuple[int, bytes] | None = None
        self.journal = Journal(flash, ROOMS)

    def step(self) -> None:
        """One step, and a record more where there is none on its way."""
        journal = self.journal
        if journal.idle:
            if self.underway is not None:
                self.kept[self.underway[0]] = self.underway[1]
                self.underway = None
            kind = self.dice.choice((1, 2, 2, 3, 3, 4, 4, 4))
            content = self.dice.randbytes(self.dice.randint(0, ROOMS[kind - 1]))
            assert journal.put(kind, 1, bytearray(content), len(content))
            self.underway = (kind, content)
        journal.step()

    def check(self, journal: Journal) -> Known:
        """What comes back is what was kept; of the record that was on its way, all or nothing."""
        assert journal.sound and not journal.failed
        back = contents(journal)
        for kind in KINDS:
            if self.underway is not None and self.underway[0] == kind and back.get(kind) == self.underway[1]:
                continue
            assert back.get(kind) == self.kept.get(kind), kind
        return back

    def begin_again(self) -> None:
        """The controller starts on what the flash is now."""
        self.flash = self.flash.again()
        self.journal = Journal(self.flash, ROOMS)
        self.kept = self.check(self.journal)
        self.underway = None


def contents(journal: Journal) -> Known:
    """Everything that comes back."""
    found = {}
    for kind in KINDS:
        if journal.version(kind):
            buffer = bytearray(max(ROOMS))
            n = journal.read(kind, buffer)
            found[kind] = bytes(buffer[:n])
    return found


def formatted(shape: tuple[int, int, int], seed: int) -> Life:
    """A journal that has been begun."""
    life = Life(Flash(*shape, seed=seed), seed)
    while not life.journal.idle:
        life.journal.step()
    return life


def cut_everywhere(shape: tuple[int, int, int], operations: int, seed: int) -> Iterator[None]:
    """A life in which every single write and erase is also cut: in a world of its own, that begins again from there."""
    life = formatted(shape, seed)
    flash = life.flash
    while flash.operations < operations:
        before = bytes(flash.bytes)
        done = flash.operations
        life.step()
        assert not flash.mistakes
        if flash.operations == done:
            continue
        world = Flash(*shape, seed=flash.dice.randrange(1 << 30))
        world.bytes[:] = before
        world.cut_at = 0
        repeat(flash, world, before)
        life.check(Journal(world.again(), ROOMS))
        yield


def repeat(flash: Flash, world: Flash, before: bytes) -> None:
    """What the flash has just done, in another world, where it is cut."""
    with pytest.raises(PowerCut):
        if flash.last[0] == "erase":
            world.erase(flash.last[1])
        else:
            world.write(flash.last[1], bytearray(flash.last[2]), len(flash.last[2]))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_power_cut_in_any_write_or_erase_loses_no_record_that_was_whole(shape: tuple[int, int, int]) -> None:
    cuts = sum(1 for _ in cut_everywhere(shape, 1700, seed=sum(shape)))
    assert cuts >= 1690


@pytest.mark.parametrize("shape", SHAPES)
def test_power_cuts_again_and_again_lose_no_record_and_the_journal_goes_on(shape: tuple[int, int, int]) -> None:
    life = formatted(shape, 7 * sum(shape))
    cuts = 0
    longest = 0
    while cuts < 1700:
        flash = life.flash
        flash.cut_at = flash.operations + life.dice.choice((0, 1, 2, 3, 5, 8, 40))
        try:
            while True:
                life.step()
        except PowerCut:
            cuts += 1
        assert not flash.mistakes
        life.begin_again()
        longest = max(longest, flash.reads)
    assert len(life.kept) == len(ROOMS)
    assert longest > 0
