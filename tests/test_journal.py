"""Power may go at any instant: what was kept comes back, the last whole record of each kind or the one before it."""

import copy
import random
from collections.abc import Iterator

import pytest

from bms.store.frame import begin_frame
from bms.store.journal import STRIKES, Journal
from bms.store.recovery import LAYOUT, MARK
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
    assert len(life.kept) == len(ROOMS)


# What else may be wrong.


def lived(shape: tuple[int, int, int], steps: int, seed: int = 1) -> Life:
    """A journal that has been used for some steps, and then has finished."""
    life = formatted(shape, seed)
    for _ in range(steps):
        life.step()
    while not life.journal.idle:
        life.journal.step()
    assert life.underway is not None
    life.kept[life.underway[0]] = life.underway[1]
    life.underway = None
    return life


def put(journal: Journal, kind: int, content: bytes, steps: int = 2000) -> bool:
    """One record, to its end. False: it has none."""
    for _ in range(steps):
        if journal.idle:
            break
        journal.step()
    if not journal.put(kind, 1, bytearray(content), len(content)):
        return False
    for _ in range(steps):
        if journal.idle:
            return True
        journal.step()
    return False


@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_blank_memory_is_begun_without_a_word(byte: int) -> None:
    flash = Flash(*SHAPES[0])
    flash.bytes[:] = bytes([byte]) * len(flash.bytes)
    journal = Journal(flash, ROOMS)
    assert journal.sound and journal.blank and not journal.failed
    assert put(journal, 1, b"first")
    assert contents(Journal(flash.again(), ROOMS)) == {1: b"first"}


def test_foreign_memory_is_told_and_then_ours() -> None:
    flash = Flash(*SHAPES[0])
    flash.bytes[:] = random.Random(3).randbytes(len(flash.bytes))
    journal = Journal(flash, ROOMS)
    assert not journal.sound and not journal.failed and contents(journal) == {}
    assert put(journal, 2, b"ours")
    again = Journal(flash.again(), ROOMS)
    assert again.sound and contents(again) == {2: b"ours"}


def test_memory_of_a_newer_layout_is_told_and_left_alone() -> None:
    flash = lived(SHAPES[0], 300).flash
    begin_frame(flash.bytes, MARK, LAYOUT + 1, 0, 1000, 16)
    before = bytes(flash.bytes)
    journal = Journal(flash, ROOMS)
    assert not journal.sound and journal.failed
    for _ in range(50):
        assert journal.step() == 0
    assert not journal.put(1, 1, bytearray(4), 4)
    assert flash.bytes == before


def test_memory_that_cannot_be_read_is_told_and_not_written_over() -> None:
    life = lived(SHAPES[0], 300)
    flash = life.flash.again()
    flash.read_fails = lambda at: True
    journal = Journal(flash, ROOMS)
    assert not journal.sound and journal.failed and contents(journal) == {}
    journal.step()
    assert flash.operations == 0
    assert contents(Journal(flash.again(), ROOMS)) == life.kept


@pytest.mark.parametrize("shape", [(1024, 1024, 1), (1024, 256, 1)])
def test_memory_that_is_too_small_is_told(shape: tuple[int, int, int]) -> None:
    journal = Journal(Flash(*shape), ROOMS)
    assert not journal.sound and journal.failed


def test_a_refused_write_is_repeated_and_loses_nothing() -> None:
    life = formatted(SHAPES[1], 4)
    dice = random.Random(8)
    life.flash.writes_fail = lambda at: dice.random() < 0.001
    for _ in range(6000):
        life.step()
        assert not life.flash.mistakes
    assert 0 < life.journal.strikes < 40
    life.begin_again()


@pytest.mark.parametrize("trouble", ["writes_fail", "sticks", "erase_fails"])
def test_worn_memory_ends_with_the_last_records_readable(trouble: str) -> None:
    life = lived(SHAPES[0], 300)
    setattr(life.flash, trouble, lambda at: True)
    taken = 0
    while put(life.journal, 4, bytes([taken])) and taken < 400:
        taken += 1
    journal = life.journal
    assert journal.failed and not journal.idle and taken < 400
    assert journal.step() == 0
    kept = life.kept | ({4: bytes([taken - 1])} if taken else {})
    assert contents(journal) == kept
    assert contents(Journal(life.flash.again(), ROOMS)) == kept


def test_one_worn_block_of_three_is_left_out() -> None:
    life = lived(SHAPES[1], 300)
    life.flash.sticks = lambda at: 1024 <= at < 2048
    before = life.flash.erased[1]
    for k in range(300):
        assert put(life.journal, 2, bytes([k & 0xFF] * 40))
    assert life.flash.erased[1] <= before + STRIKES
    assert contents(Journal(life.flash.again(), ROOMS))[2] == bytes([299 & 0xFF] * 40)


def test_blocks_wear_alike() -> None:
    flash = lived(SHAPES[1], 8000).flash
    assert min(flash.erased) > 20
    assert max(flash.erased) - min(flash.erased) <= 1


@pytest.mark.parametrize("seed", range(8))
def test_a_bit_that_is_lost_behind_the_head_of_a_block_costs_one_record_at_most(seed: int) -> None:
    life = lived(SHAPES[0], 150 + 37 * seed, seed)
    dice = random.Random(seed)
    for _ in range(12):
        flash = life.flash.again()
        flash.bytes[dice.randrange(2) * 1024 + dice.randrange(16, 1024)] ^= 1 << dice.randrange(8)
        back = contents(Journal(flash, ROOMS))
        assert sum(back.get(kind) != life.kept.get(kind) for kind in KINDS) <= 1


def fail_reads(flash: Flash, count: int) -> None:
    """The next reads fail, so many of them, and what was written stands."""
    last = flash.reads + count
    flash.read_fails = lambda at: flash.reads <= last


@pytest.mark.parametrize("shape", [(3072, 1024, 8), (4096, 1024, 1), (2560, 1280, 32)])
def test_a_read_that_fails_once_or_a_write_that_cannot_be_looked_at_costs_no_record_after_a_start(
    shape: tuple[int, int, int],
) -> None:
    life = formatted(shape, 11)
    heads = branches = 0
    while sum(life.flash.erased) < 8:
        operations, erased = life.flash.operations, sum(life.flash.erased)
        before = life.flash.last
        life.step()
        wrote = life.flash.operations > operations and sum(life.flash.erased) == erased
        head = wrote and before[0] == "erase"
        heads += head
        for failed in (1, 2) if wrote else (1,):
            branch = copy.deepcopy(life)
            fail_reads(branch.flash, failed)
            finished = 0
            while finished < (6 if head else 1):
                underway = branch.underway
                branch.step()
                finished += branch.underway is not underway
            assert not branch.flash.mistakes and branch.journal.strikes == failed - 1
            branch.check(Journal(branch.flash.again(), ROOMS))
            branches += 1
    assert heads >= 5 and branches > 200


@pytest.mark.parametrize("steps", [100, 150, 200, 250])
def test_of_blocks_with_the_same_number_all_are_read_and_the_next_is_higher(steps: int) -> None:
    life = lived(SHAPES[1], steps)
    numbers = [int.from_bytes(life.flash.bytes[at + 4 : at + 8], "little") for at in range(0, 3072, 1024)]
    newest = max((number, block) for block, number in enumerate(numbers) if number != 0xFFFFFFFF)[1]
    for block in {0, 1, 2} - {newest}:
        flash = life.flash.again()
        head = bytearray(b"\xff" * 1024)
        begin_frame(head, MARK, LAYOUT, 0, numbers[newest], 16)
        flash.bytes[block * 1024 : (block + 1) * 1024] = head
        journal = Journal(flash, ROOMS)
        assert journal.sound and contents(journal) == life.kept
        for k in range(60):
            assert put(journal, 2, bytes([k] * 40))
        assert contents(Journal(flash.again(), ROOMS)) == life.kept | {2: bytes([59] * 40)}


def test_a_step_is_one_piece_and_a_start_reads_each_byte_a_few_times() -> None:
    life = formatted(SHAPES[0], 2)
    flash = life.flash
    flash.busy_for = 3
    for _ in range(400):
        operations, read = flash.operations, flash.read_bytes
        life.step()
        assert flash.operations - operations <= 1
        assert flash.read_bytes - read <= 256
    again = life.flash.again()
    Journal(again, ROOMS)
    assert again.read_bytes < 12 * again.size_bytes
    assert again.operations == 0
