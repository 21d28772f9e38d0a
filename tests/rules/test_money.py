"""Money on the wire is a decimal string, inside it is fen: the same sum both ways, and nothing else is money."""

import random
from decimal import Decimal
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from shared.contracts.values import fen_from_yuan, yuan_from_fen


def test_money_is_the_same_both_ways(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(2_000):
        fen = dice.randrange(-(10 ** dice.randrange(1, 15)), 10 ** dice.randrange(1, 15))
        assert Decimal(yuan_from_fen(fen)) * 100 == fen == fen_from_yuan(yuan_from_fen(fen))


SPELLINGS = {"0": 0, "-0.00": 0, "7": 700, "7.5": 750, "-7.5": -750, "-0.05": -5, "007.05": 705, "9" * 13: 10**15 - 100}


@pytest.mark.parametrize(("text", "fen"), SPELLINGS.items())
def test_every_spelling_of_a_sum(text: str, fen: int) -> None:
    assert fen_from_yuan(text) == fen


@pytest.mark.parametrize(
    "text", ["", "-", ".5", "5.", "1.001", "1e5", "+1", " 1", "1\n", "1_000", "１", "9" * 14, True, None, 1.5, []]
)
def test_what_is_no_money(text: Any) -> None:
    for _ in range(2):
        with pytest.raises(PydanticCustomError, match="at most two decimals"):
            fen_from_yuan(text)
