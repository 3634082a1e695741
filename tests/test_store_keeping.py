"""What a pack has been through is known to the next controller that starts: charge, wear, faults, and what was learnt."""

import random
from array import array
from typing import Any

import pytest

from bms import learnt
from bms.app import App
from bms.packs import aero_96, bench_24
from bms.safety import faults as F
from bms.schema import PACK_FIELDS, Pack, replaced
from bms.store import kinds, shelf
from bms.store.fault_memory import PLACES, ROW, FaultMemory, show
from bms.store.shelf import Shelf
from boards.parts.flash_file import FlashFile
from tests.fake_board import DRIVE, OPEN, FakeBoard
from tests.flash import Flash

PACK = bench_24.PACK
ROWS = {row.name: row for row in F.TABLE}
CAPACITY_mAs = PACK.cell.capacity_mAh * 3600
POWER_ON, WATCHDOG = 1, 3
UNREADABLE = ROWS["store_unreadable"].id


def started(flash: "Flash | None", pack: Pack = PACK, cause: int = POWER_ON, ticks: int = 0) -> tuple[App, FakeBoard]:
    """A controller that starts with this memory, and runs for some ticks."""
    board = FakeBoard(pack, cause=cause)
    board.storage = flash
    app = App(pack, board)
    run(app, ticks)
    return app, board


def run(app: App, ticks: int) -> None:
    for _ in range(ticks):
        app.tick()
    assert not app.lane_failed and not app.estimator_failures, app.last_error


def driving(flash: Flash) -> tuple[App, FakeBoard]:
    """A pack in drive."""
    app, board = started(flash, ticks=30)
    board.request = DRIVE
    run(app, 150)
    assert board.coils == 5
    return app, board


@pytest.mark.parametrize("cause", [POWER_ON, WATCHDOG])
@pytest.mark.parametrize("seed", range(3))
def test_the_charge_after_a_loss_of_power_is_what_it_was_but_for_what_flowed_in_the_last_seconds(cause: int, seed: int) -> None:
    """The count of a start is within 0.5 % of the one that was lost, though records take their time; the interval holds it."""
    dice = random.Random(seed)
    app, board = driving(Flash(16384, 4096, seed=seed))
    board.load_mA = dice.choice((-60000, -25000, 30000))
    run(app, 1500 + dice.randrange(1200))
    lost = app.coulomb
    assert abs(lost.charge_mAs - CAPACITY_mAs // 2) > CAPACITY_mAs // 500, "it has moved by more than a record"
    assert isinstance(board.storage, Flash)
    again, _ = started(board.storage.again(), cause=cause)
    found = again.coulomb
    assert again.keeping.sound and not again.keeping.foreign
    assert abs(found.charge_mAs - lost.charge_mAs) <= CAPACITY_mAs // 200
    assert found.high_mAs >= lost.high_mAs and found.low_mAs <= lost.low_mAs
    assert (found.low_mAs == 0) == (cause == POWER_ON), "nobody knows for how long there was no power"
    assert (found.high_mAs == CAPACITY_mAs) == (cause == POWER_ON), "its contacts were closed: the record may be of any age"
    assert abs(again.filter.soc - app.filter.soc) <= 0.005
    assert again.filter.sigma >= (0.15 if cause == POWER_ON else app.advice.sigma_permille / 1000)


def opened_again(flash: Flash, load_mA: int = -60000, ticks: int = 2500) -> tuple[App, FakeBoard]:
    """A pack that has driven and has opened its contacts, which is on record."""
    app, board = driving(flash)
    board.load_mA = load_mA
    run(app, ticks)
    board.load_mA, board.request = 0, OPEN
    run(app, 500)
    assert board.coils == 0
    return app, board


def flash_of(board: FakeBoard) -> Flash:
    assert isinstance(board.storage, Flash)
    return board.storage


def test_a_pack_that_opened_before_its_power_went_still_knows_how_full_it_is_at_most() -> None:
    app, board = opened_again(Flash(16384, 4096))
    again, _ = started(flash_of(board).again())
    assert app.coulomb.high_mAs <= again.coulomb.high_mAs < CAPACITY_mAs
    assert again.filter.sigma < app.advice.sigma_permille / 1000 + 0.02


@pytest.mark.parametrize("dies", ["after it closed", "before it started"])
def test_memory_that_takes_no_more_records_bounds_no_charge(dies: str) -> None:
    """The pack is charged by much more than a start allows for while its memory shows what was before; then power goes."""
    _, board = opened_again(Flash(16384, 4096))
    flash = flash_of(board).again()
    if dies == "before it started":
        flash.sticks = lambda at: True
    app, board = started(flash)
    assert (app.coulomb.high_mAs < CAPACITY_mAs) == (dies == "after it closed")
    run(app, 30)
    board.request = DRIVE
    run(app, 250)
    assert board.coils == 5
    flash.sticks = lambda at: True
    board.load_mA = 30000
    run(app, 1000)
    assert app.monitor.is_active(UNREADABLE)
    app.coulomb.high_mAs = app.coulomb.charge_mAs = CAPACITY_mAs * 97 // 100  # hours later
    later = flash.again()
    if dies == "before it started":
        later.sticks = flash.sticks
    again, _ = started(later)
    assert again.coulomb.high_mAs >= app.coulomb.charge_mAs
    assert again.filter.sigma >= 0.15


def test_a_charge_of_which_nobody_says_whose_it_is_is_not_ours() -> None:
    _, board = opened_again(Flash(16384, 4096))
    flash = flash_of(board).again()
    other = Shelf(flash, (5, 9, 7, 39, 2, 40, 5, 192))
    assert other.journal.holds(kinds.CONFIGURATION)
    while not other.journal.idle:
        other.journal.step()
    other.journal.put(kinds.CONFIGURATION, 1, bytearray(1), 0)
    while not other.journal.idle:
        other.journal.step()
    again, _ = started(flash.again(), ticks=20)
    assert again.keeping.foreign
    assert again.monitor.is_active(ROWS["configuration_foreign"].id)
    assert again.coulomb.high_mAs - again.coulomb.low_mAs > CAPACITY_mAs // 5, "the look at the voltage alone"


def test_what_raises_in_the_keeping_ends_the_keeping_alone() -> None:
    app, _ = driving(Flash(16384, 4096))
    groups = app.groups.done
    app.keeping._makers = (None,) * 8  # type: ignore[assignment]
    run(app, 300)
    assert app.last_error is not None and app.estimator_failures == 0
    assert app.groups.done > groups
    assert app.monitor.is_active(UNREADABLE)


def test_estimators_that_failed_begin_with_what_was_kept_of_them() -> None:
    app, _ = opened_again(Flash(16384, 4096), ticks=300)
    app.groups.delta.own_capacity[1] = -0.08
    app.groups.health.pairs = 3
    words = app.keeping._words
    keeping = app.keeping
    for maker, kind in ((keeping._health, kinds.HEALTH), (keeping._groups, kinds.DIFFERENCES)):
        keeping._finish()
        assert keeping._shelf.save(kind, words, maker(0))
    keeping._finish()
    app.filter.step = None  # type: ignore[assignment,method-assign]
    for _ in range(10):
        app.tick()
    assert app.estimator_failures == 1
    del app.filter.step
    for _ in range(40):
        app.tick()
    assert app.estimator_failures <= 2
    assert app.groups.health.pairs == 3
    assert app.groups.delta.own_capacity[1] == pytest.approx(-0.08, abs=2e-3)


def test_what_the_board_says_of_the_charge_counts_more_than_the_memory() -> None:
    app, board = driving(Flash(16384, 4096))
    run(app, 300)
    assert isinstance(board.storage, Flash)
    again = FakeBoard(PACK, 700)
    again.storage = board.storage.again()
    assert App(PACK, again).coulomb.soc_permille == 700


def test_without_a_word_of_the_estimators_what_is_kept_of_the_charge_stays_for_a_while() -> None:
    flash = Flash(16384, 4096)
    app, board = driving(flash)
    board.load_mA = -60000
    run(app, 1500)
    first, _ = started(flash.again())
    storage = first.board.storage
    assert isinstance(storage, Flash)
    storage.cut_at = -1
    for _ in range(20):
        first.tick()
    second, _ = started(storage.again())
    assert abs(second.filter.soc - first.filter.soc) < 0.02
    assert second.filter.sigma < 0.35


def test_faults_are_remembered_with_their_count_and_times_over_starts(capsys: pytest.CaptureFixture[str]) -> None:
    crash = ROWS["crash"].id
    flash = Flash(16384, 4096)
    app, board = started(flash, ticks=500)
    for _ in range(2):
        board.crash_seen = 1
        run(app, 100)
        board.crash_seen = 0
        board.request, board.reset_faults = OPEN, 1
        run(app, 200)
        board.reset_faults = 0
        run(app, 100)
    run(app, 400)
    other = flash.again()
    app, board = started(other, ticks=300)
    board.crash_seen = 1
    run(app, 800)
    assert isinstance(board.storage, Flash)
    assert show(Shelf(board.storage.again(), (1, 1, 1, 1, 1, 1, 1, PLACES * ROW))) >= 1
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    told = {int(line[0]): [int(word) for word in line[1:]] for line in lines}
    count, first_s, last_s = told[crash]
    assert count in (2, 3), "the second may have come after the last record of the first run"
    assert 4 <= first_s <= 6
    assert first_s + 3 <= last_s <= first_s + 20, "time goes on over starts, from the last record"


def test_a_full_fault_memory_gives_up_what_was_seen_least_lately() -> None:
    memory = FaultMemory()
    active = array("H", [0] * 8)
    for number in range(1, PLACES + 3):
        active[number // 16] |= 1 << number % 16
        assert memory.look(active, 10 * number) == 1
    ids = {memory.words[at] & 0xFF for at in range(0, memory.n, ROW)}
    assert ids == set(range(3, PLACES + 3))
    assert memory.look(active, 5000) == 0, "what stands has not come again"


def test_openings_under_load_count_over_starts_and_end_the_contactors_life() -> None:
    flash = Flash(16384, 4096)
    app, _ = started(flash, ticks=300)
    app.watch.wear.restore(PACK.guards.break_budget_count + 1)
    run(app, 600)
    again, _ = started(flash.again(), ticks=60)
    assert again.watch.wear.breaks == PACK.guards.break_budget_count + 1
    assert again.monitor.is_active(ROWS["contactor_worn"].id)


def test_what_a_day_has_bled_is_known_after_a_start() -> None:
    flash = Flash(16384, 4096)
    app, _ = started(flash)
    bleeders = app.rounds.balance.bleeders
    for g in range(4):
        bleeders.today_mAs[g] = 1000 * g
    bleeders.day_ms = 77000
    run(app, 700)
    again, _ = started(flash.again())
    assert list(again.rounds.balance.bleeders.today_mAs) == [0, 1000, 2000, 3000]
    assert again.rounds.balance.bleeders.day_ms == 77000


def test_what_was_learnt_comes_back_to_a_millionth_and_a_little_less_sure() -> None:
    one, other = App(PACK, FakeBoard(PACK)).groups, App(PACK, FakeBoard(PACK)).groups
    dice = random.Random(5)
    lists = ("soc", "capacity", "resistance", "own_capacity", "own_resistance")
    for name in lists:
        getattr(one.delta, name)[:] = [dice.uniform(-0.05, 0.05) for _ in range(4)]
    for name in ("slow", "own"):
        getattr(one.resistance, name)[:] = [dice.uniform(0.8, 1.6) for _ in range(4)]
    one.resistance.steps = 44
    one.delta.recall(0.001, 0.0004, 0.02, True)
    one.delta.learnt_capacity = True
    one.health.recall(18.7, 0.3, 5)
    one.health.charged_mAh, one.health.discharged_mAh = 123456, 123400
    one.resistance.recall(1.3, 0.04)
    words = array("i", [0] * 200)
    assert learnt.tell_differences(one, words) == learnt.difference_words(one)
    learnt.recall_differences(other, words)
    learnt.tell_health(one, words)
    learnt.recall_health(other, words)
    for name in lists:
        assert getattr(other.delta, name) == pytest.approx(getattr(one.delta, name), abs=1e-6), name
    assert other.resistance.slow == other.resistance.quick == pytest.approx(one.resistance.slow, abs=1e-6)
    assert other.resistance.own == pytest.approx(one.resistance.own, abs=1e-6)
    assert (other.resistance.steps, other.delta.learnt_capacity, other.delta.learnt_resistance) == (44, True, False)
    assert other.delta.experienced
    assert (other.delta.sigma_soc, other.delta.sigma_capacity, other.delta.sigma_resistance) == (0.003, 0.0004, 0.02)
    assert (other.health.capacity_Ah, other.health.sigma_Ah, other.health.pairs) == (18.7, 0.3, 5)
    assert other.health.cycles_permille == one.health.cycles_permille
    assert (other.resistance.r10, other.resistance.sigma_r10) == (1.3, 0.04)
    before = other.health.soh
    learnt.recall_health(other, array("i", [0] * 200))
    learnt.recall_differences(other, array("i", [0] * 200))
    assert other.health.soh == before, "what makes no sense is not taken"


def test_a_memory_of_another_configuration_keeps_what_it_has_but_for_faults() -> None:
    flash = Flash(16384, 4096)
    app, board = driving(flash)
    board.load_mA = -60000
    run(app, 1500)
    before = flash.again()
    changed = replaced(Pack, PACK_FIELDS, PACK, open_timeout_ms=400)
    other, _ = started(before, changed, ticks=600)
    assert other.keeping.foreign
    assert other.monitor.is_active(ROWS["configuration_foreign"].id)
    assert other.coulomb.charge_mAs != app.coulomb.charge_mAs
    back, _ = started(before.again())
    assert not back.keeping.foreign
    assert abs(back.coulomb.charge_mAs - app.coulomb.charge_mAs) <= CAPACITY_mAs // 200
    assert back.keeping.faults.n


def test_storage_that_fails_while_the_pack_runs_is_told_and_the_pack_goes_on() -> None:
    app, board = driving(Flash(16384, 4096))
    assert isinstance(board.storage, Flash)
    board.storage.sticks = lambda at: True
    board.load_mA = -60000
    run(app, 3000)
    assert app.monitor.is_active(UNREADABLE)
    assert board.coils == 5


@pytest.mark.parametrize("change", ["newer", "longer"])
def test_a_record_that_cannot_be_taken_is_refused_with_a_bit(change: str) -> None:
    flash = Flash(16384, 4096)
    started(flash, ticks=200)
    other = Shelf(flash.again(), (5, 9, 7, 39, 2, 40, 5, 192))
    while not other.journal.idle:
        other.journal.step()
    other.journal.put(kinds.WEAR, 2 if change == "newer" else 1, bytearray(8), 4 if change == "newer" else 8)
    while not other.journal.idle:
        other.journal.step()
    storage: Any = other.journal._medium._storage
    again, _ = started(storage.again(), ticks=20)
    assert again.keeping._shelf.refused == 1 << kinds.WEAR
    assert again.watch.wear.breaks == 0
    assert again.monitor.is_active(UNREADABLE)


def test_a_record_of_an_older_version_is_read_with_what_the_table_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "ADDED", ((1, 2, (7, 8)), (2, 2, (5,)), (1, 3, (9,))))
    flash = Flash(4096, 2048)
    old = Shelf(flash, (8, 8))
    words = array("i", [-1, 2])
    while not old.journal.idle:
        old.journal.step()
    assert old.save(1, words, 2)
    while not old.journal.idle:
        old.journal.step()
    for versions, n, expected in (((0, 2, 1), 4, [-1, 2, 7, 8]), ((0, 3, 1), 5, [-1, 2, 7, 8, 9])):
        new = Shelf(flash.again(), (8, 8))
        back = array("i", [0] * 8)
        assert new.load(1, back, n, versions) and list(back[:n]) == expected
        assert new.refused == 0
        assert not new.load(2, back, 2)


def test_a_file_keeps_what_it_was_given_and_what_is_none_is_a_false(tmp_path: Any) -> None:
    path = tmp_path / "store"
    flash = FlashFile(str(path), 4096, 1024)
    assert path.read_bytes() == b"\xff" * 4096
    assert flash.write(1028, bytearray(b"abcdefgh"), 4)
    again = FlashFile(str(path), 4096, 1024)
    back = bytearray(6)
    assert again.read(1027, back) and back == b"\xffabcd\xff"
    assert again.erase(1) and again.busy() and again.busy() and not again.busy()
    assert path.read_bytes() == b"\xff" * 4096
    again.close()
    assert not again.read(0, back) and not again.write(0, back, 4)
    nowhere = FlashFile(str(tmp_path / "no" / "folder"), 4096, 1024)
    assert not nowhere.read(0, back) and not nowhere.write(0, back, 4) and not nowhere.erase(0)


def test_every_pack_fits_into_the_storage_of_its_board() -> None:
    app, _ = started(Flash(32768, 8192, 4), aero_96.PACK, ticks=400)
    assert app.keeping.journal is not None and not app.keeping.journal.failed
    assert all(app.keeping.journal.version(kind) for kind in (kinds.CONFIGURATION, kinds.WEAR, kinds.CYCLES))
