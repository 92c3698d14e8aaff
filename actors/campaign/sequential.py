"""A sequential sign test on pairs: whether a candidate has won so many more of them than it has lost that chance is no explanation. Pure.

Where candidate and baseline are the same, each pair that is no tie is won with probability 1/2. The lead that decides is the smallest one
that chance reaches at any time within all the pairs with a probability of at most 1/20. So a candidate that is no better is called better
with a probability of at most 0.05 (alpha), and one that is no worse is called worse with at most 0.05 (beta). Both are exact: ways are
counted, in whole numbers. Ties move nothing.
"""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Final, Literal

__all__ = ["ONE_IN", "lead_needed", "verdict", "ways_to_lead"]

ONE_IN: Final = 20
"""Chance may decide in one case of so many, to either side."""


def ways_to_lead(pairs: int, lead: int) -> int:
    """In how many of the 2**pairs courses the wins are ahead by `lead` (1 or more) at some time: by reflection at that lead."""
    return sum(comb(pairs, wins) * (1 if 2 * wins - pairs == lead else 2) for wins in range(pairs + 1) if 2 * wins - pairs >= lead)


@cache
def lead_needed(pairs: int) -> int | None:
    """The lead that decides within so many pairs, or None where there are too few for any."""
    return next((lead for lead in range(1, pairs + 1) if ways_to_lead(pairs, lead) * ONE_IN <= 2**pairs), None)


def verdict(won: int, lost: int, pairs: int) -> Literal["better", "worse"] | None:
    """What these pairs say of the candidate, of at most `pairs`; None: it is not decided."""
    lead = lead_needed(pairs)
    if lead is None or abs(won - lost) < lead:
        return None
    return "better" if won > lost else "worse"
