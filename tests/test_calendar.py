"""The timetable of all frames: each once a period, the same on every machine, and no tick much fuller than it has to be.

Independent of it: counting on one's fingers, every arrangement of a few rows tried, and the interpreter of the target.
"""

import subprocess
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.can.calendar import Calendar, build_offsets
from bms.can.outbox import Outbox
from bms.packs import aero_96, bench_24, bess_14, ev_240, robot_14
from bms.schema import Pack
from tests.fake_board import FakeBoard

PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK, aero_96.PACK, robot_14.PACK)
SECOND_ticks = 100
PERIODS_ms = [ticks * 10 for ticks in range(1, 101) if 100 % ticks == 0]
periods = st.lists(st.sampled_from(PERIODS_ms), max_size=60)


def due_rows(calendar: Calendar) -> list[list[int]]:
    """Tick by tick."""
    return [list(calendar.due[calendar.first[t] : calendar.first[t + 1]]) for t in range(SECOND_ticks)]


def fullest(periods_ms: list[int], offsets: list[int]) -> int:
    """Frames of the fullest tick of a second."""
    return max(
        sum(tick % (period_ms // 10) == offset for period_ms, offset in zip(periods_ms, offsets))
        for tick in range(SECOND_ticks)
    )


def periods_of(pack: Pack) -> list[int]:
    """As the pack's firmware sends them."""
    return [row[0].PERIOD_ms for row in App(pack, FakeBoard(pack)).link.outbox.rows]


@given(periods)
def test_every_row_is_due_exactly_once_a_period_from_its_first_period_on(periods_ms: list[int]) -> None:
    ticks = due_rows(Calendar(periods_ms))
    for row, period_ms in enumerate(periods_ms):
        step = period_ms // 10
        times = [t for t in range(2 * SECOND_ticks) if row in ticks[t % SECOND_ticks]]
        assert times[0] < step
        assert times == list(range(times[0], 2 * SECOND_ticks, step))


@given(periods)
def test_rows_of_a_tick_stand_in_rising_order_and_only_once(periods_ms: list[int]) -> None:
    for rows in due_rows(Calendar(periods_ms)):
        assert rows == sorted(set(rows))


@settings(max_examples=300)
@given(periods)
@example([20, 50])
@example([40] * 3 + [250] * 24)
@example([200] * 19 + [250] * 24 + [20])
def test_the_fullest_tick_has_at_most_one_frame_more_than_the_mean_of_all_ticks(periods_ms: list[int]) -> None:
    mean_up = -(-sum(1000 // period_ms for period_ms in periods_ms) // SECOND_ticks)
    assert mean_up <= fullest(periods_ms, build_offsets(periods_ms)) <= mean_up + 1


@settings(max_examples=100)
@given(st.lists(st.sampled_from([10, 20, 40, 50, 100]), min_size=1, max_size=5))
def test_no_arrangement_of_a_few_rows_is_better_by_more_than_one_frame(periods_ms: list[int]) -> None:
    every = product(*(range(period_ms // 10) for period_ms in periods_ms[1:]))  # the first may begin where it likes
    best = min(fullest(periods_ms, [0, *others]) for others in every)
    assert best <= fullest(periods_ms, build_offsets(periods_ms)) <= best + 1


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_no_shipped_pack_can_do_with_a_less_full_tick(pack: Pack) -> None:
    periods_ms = periods_of(pack)
    mean_up = -(-sum(1000 // period_ms for period_ms in periods_ms) // SECOND_ticks)
    assert fullest(periods_ms, build_offsets(periods_ms)) == mean_up <= 4


@given(st.integers(-2000, 5000).filter(lambda period_ms: period_ms not in PERIODS_ms))
@example(0)
@example(5)
@example(15)
@example(30)
@example(2000)
def test_a_period_that_does_not_divide_a_second_of_ticks_is_refused_at_start(period_ms: int) -> None:
    with pytest.raises(ValueError, match=f"a period of {period_ms} ms does not divide a second"):
        Calendar([100, period_ms])

    class Message:
        ID, EXTENDED, LENGTH, PERIOD_ms = 0x100, False, 8, period_ms

        def pack(self, buf: bytearray) -> None:
            """Nothing to say."""

    with pytest.raises(ValueError, match="does not divide a second"):
        Outbox([(Message(), lambda: True, False, False)], ())


def test_the_target_has_the_same_calendar_as_the_desk(micropython: str, root: Path) -> None:
    drawn = [[PERIODS_ms[(7 * k * k + 5 * n * k + n) % len(PERIODS_ms)] for k in range(n)] for n in range(0, 60, 3)]
    script = "\n".join(
        (
            "import sys",
            "sys.path.append('.')",
            "from bms.can.calendar import Calendar, build_offsets",
            f"for periods_ms in {[*drawn, *map(periods_of, PACKS)]}:",
            "    c = Calendar(periods_ms)",
            "    print(build_offsets(periods_ms), list(c.due), list(c.first))",
        )
    )
    done = subprocess.run([micropython, "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    lines: list[str] = []
    exec(script, {"print": lambda *words: lines.append(" ".join(str(word) for word in words))})
    assert done.stdout.splitlines() == lines, done.stderr
    assert len(lines) == len(drawn) + len(PACKS)
