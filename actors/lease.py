"""Until when this daemon may trust its claims. Told by a clock that nobody sets and that goes on while the machine sleeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrs import Factory, define

from storage.records import Claim

__all__ = ["Holder", "Lease"]

Holder = Literal["nobody", "me", "dead", "other"]


@define(eq=False)
class Lease:
    """`length_s` is how long claims hold without a renewal, `elapsed` seconds on that clock. `claimant` is this daemon's name.

    `dead` are the names under which claims were held when the memory was opened: their daemons are gone, since one process holds the
    folder. A daemon that slept for longer than its lease has lapsed: each claim that it took before is to be taken anew before anything
    is written under it.
    """

    claimant: str
    length_ms: int
    elapsed: Callable[[], float]
    dead: frozenset[str] = frozenset()
    lapses: int = 0
    _renewed_s: float = 0.0
    _taken: dict[str, int] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        self._renewed_s = self.elapsed()

    def look(self) -> bool:
        """Whether the lease has run out since it was renewed last, or looked at last."""
        now = self.elapsed()
        if now - self._renewed_s <= self.length_ms / 1000:
            return False
        self.lapses, self._renewed_s = self.lapses + 1, now
        return True

    def renewed(self, began_s: float) -> None:
        """A renewal that began then has been committed."""
        self._renewed_s = max(self._renewed_s, began_s)

    def took(self, run_id: str) -> None:
        """A claim on the run was committed."""
        self._taken[run_id] = self.lapses

    def gave(self, run_id: str) -> None:
        """It was given back, or lost."""
        self._taken.pop(run_id, None)

    def stale(self, run_id: str) -> bool:
        """Whether the claim on the run was taken before the lease has lapsed."""
        if self.elapsed() - self._renewed_s > self.length_ms / 1000:  # asked at each step of each run, so without a call
            self.look()
        return self._taken.get(run_id, self.lapses) != self.lapses

    def holder(self, run_id: str, claim: Claim | None) -> Holder:
        """Whose claim that is: this daemon's, a dead one's, or that of another which may live."""
        if claim is None or claim.claimant is None:
            return "nobody"
        if run_id in self._taken:
            return "me" if claim.claimant == self.claimant else "other"
        return "dead" if claim.claimant in self.dead else "me" if claim.claimant == self.claimant else "other"
