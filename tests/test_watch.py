"""Watchers look in their turn: the rare ones once in ten ticks, and whoever counts time is given all that has passed."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24
from bms.safety import snapshot as S
from tests.fake_board import FakeBoard

RARE = {"sisters": 6, "chain": 7, "overload": 8, "charging": 9, "surroundings": 9}
EVERY = ("strings", "chain", "overload", "wear")


class Called:
    """In place of a watcher: writes down who asked it for what, in which phase."""

    def __init__(self, name: str, calls: list[tuple[str, str, int, tuple[Any, ...]]], clock: list[int]) -> None:
        self._name, self._calls, self._clock = name, calls, clock

    def step(self, *told: Any) -> None:
        """A tick."""
        self._calls.append((self._name, "step", self._clock[0], told))

    def refresh(self, *told: Any) -> None:
        """A round."""
        self._calls.append((self._name, "refresh", self._clock[0], told))


def watched(
    lengths_ms: list[int], new: list[int], bad_bits: int = 0
) -> tuple[list[int], list[tuple[str, str, int, tuple[Any, ...]]]]:
    """What the watch answers in each tick, and all calls."""
    app = App(bench_24.PACK, FakeBoard(bench_24.PACK))
    calls: list[tuple[str, str, int, tuple[Any, ...]]] = []
    clock = [0]
    for name in {*RARE, *EVERY, "probes"}:
        setattr(app.watch, name, Called(name, calls, clock))
    app.snap.bad_bits = bad_bits
    out = []
    for k, dt_ms in enumerate(lengths_ms):
        clock[0] = k
        out.append(app.watch.step(new[k % len(new)], k % 10, 100, 200, 300, dt_ms))
    return out, calls


lengths = st.lists(st.sampled_from([1, 9, 10, 11, 35, 500]), min_size=20, max_size=60)
channels = st.lists(st.integers(0, S.ROUND - 1), min_size=1, max_size=7)


@settings(max_examples=10)
@given(lengths_ms=lengths, new=channels)
def test_a_round_is_told_exactly_once_in_ten_ticks_and_nothing_else_is_added(lengths_ms: list[int], new: list[int]) -> None:
    out, _ = watched(lengths_ms, new)
    for k, bits in enumerate(out):
        assert bits == new[k % len(new)] | (S.ROUND if k % 10 == 9 else 0)


@settings(max_examples=10)
@given(lengths_ms=lengths)
def test_every_watcher_is_called_in_its_phase_and_no_other(lengths_ms: list[int]) -> None:
    _, calls = watched(lengths_ms, [0])
    for name, phase in RARE.items():
        assert [k for who, what, k, _ in calls if (who, what) == (name, "refresh")] == list(
            range(phase, len(lengths_ms), 10)
        ), name
    for name in EVERY:
        assert [k for who, what, k, _ in calls if (who, what) == (name, "step")] == list(range(len(lengths_ms))), name
    assert not [who for who, what, _, _ in calls if (who, what) == ("sisters", "step")], (
        "the lane asks them, ahead of the bounds"
    )


@settings(max_examples=10)
@given(lengths_ms=lengths)
def test_rounds_add_up_to_the_time_that_passed(lengths_ms: list[int]) -> None:
    """The last of a round is told its own; the earlier ones that of the round before, of which they miss and repeat nothing."""
    _, calls = watched(lengths_ms, [0])
    rounds = [sum(lengths_ms[k : k + 10]) for k in range(0, len(lengths_ms) - len(lengths_ms) % 10, 10)]
    for name in ("charging", "surroundings"):
        assert [told[-1] for who, what, _, told in calls if (who, what) == (name, "refresh")] == rounds, name
    for name in ("sisters", "chain"):
        heard = [told[-1] for who, what, _, told in calls if (who, what) == (name, "refresh")]
        assert heard == [100, *rounds][: len(heard)], name


@settings(max_examples=6)
@given(new=st.integers(0, S.ROUND - 1), bad=st.integers(0, S.ROUND - 1))
def test_probes_are_looked_at_when_any_has_come_or_failed(new: int, bad: int) -> None:
    _, calls = watched([10] * 4, [new], bad)
    looked = sum(1 for who, _, _, _ in calls if who == "probes")
    assert looked == (4 if (new | bad) & S.PROBES else 0)
