"""Things in the order of their ranks. Pure. Finding a place takes log n comparisons; making or closing the gap moves pointers."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, Generic, TypeVar

__all__ = ["Ranked"]

T = TypeVar("T")
Rank = tuple[Any, ...]
_rank = itemgetter(0)


class Ranked(Generic[T]):
    """Each thing once, with a rank that no other has; iterating goes from the lowest rank to the highest."""

    __slots__ = ("_ranks", "_rows")

    def __init__(self) -> None:
        self._rows: list[tuple[Rank, T]] = []
        self._ranks: dict[T, Rank] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, thing: T) -> bool:
        return thing in self._ranks

    def __iter__(self) -> Iterator[T]:
        return iter([thing for _, thing in self._rows])

    def put(self, thing: T, rank: Rank) -> None:
        """Set the thing in its place, wherever it stood before."""
        known = self._ranks.get(thing)
        if known == rank:
            return
        if known is not None:
            self.drop(thing)
        self._ranks[thing] = rank
        insort(self._rows, (rank, thing), key=_rank)

    def drop(self, thing: T) -> None:
        """Take the thing out, if it is there."""
        rank = self._ranks.pop(thing, None)
        if rank is not None:
            del self._rows[bisect_left(self._rows, rank, key=_rank)]

    @property
    def first(self) -> T:
        """The thing of the lowest rank. Raises IndexError where there is none."""
        return self._rows[0][1]

    @property
    def lowest(self) -> Rank:
        """Its rank. Raises IndexError where there is none."""
        return self._rows[0][0]
