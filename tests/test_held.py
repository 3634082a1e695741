"""What was allowed is held for as long as the pack's partner takes to hear of less and to follow; more counts at once."""

import random

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import held
from bms.schema import PACK_FIELDS, Pack, replaced

FOREIGN = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="foreign", charger_protocol="elcon")
ROUNDS = {bench_24.PACK: 5, ev_240.PACK: 5, bess_14.PACK: 20, FOREIGN: 20}
packs = pytest.mark.parametrize(("pack", "rounds"), ROUNDS.items(), ids=[pack.name for pack in ROUNDS])


@packs
def test_the_largest_of_half_a_second_counts_and_of_two_for_a_partner_of_another_make(pack: Pack, rounds: int) -> None:
    dice = random.Random(pack.name)
    ring = held.Held(pack)
    assert ring.rounds == rounds
    allowed = [0] * rounds  # before the start nothing was
    for top in dice.choices([0, 3, 900, 16_383], k=12):
        for _ in range(30):
            allowed.append(dice.randint(0, top))
            assert ring.step(allowed[-1]) == max(allowed[-rounds:])


@packs
def test_what_was_allowed_once_counts_for_the_whole_hold_and_not_a_round_longer(pack: Pack, rounds: int) -> None:
    for quiet in range(rounds):
        ring = held.Held(pack)
        assert [ring.step(0) for _ in range(quiet)] == [0] * quiet
        assert [ring.step(dA) for dA in [70] + [0] * rounds] == [70] * rounds + [0]


def test_before_the_start_nothing_was_allowed() -> None:
    """Which is more than less than nothing."""
    ring = held.Held(bench_24.PACK)
    assert [ring.step(-9) for _ in range(5)] == [0, 0, 0, 0, -9]


def test_a_hold_is_half_a_second_or_two() -> None:
    assert (held.HOLD_ms, held.SLOW_HOLD_ms) == (500, 2_000)
