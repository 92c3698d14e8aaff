"""Every guarantee as a function of what was recorded and what clients know; each answers what is wrong, in words."""

from __future__ import annotations

from tests.scenarios.invariants.acknowledged import inv_G1, inv_G2
from tests.scenarios.invariants.logs import inv_G3, inv_G4

__all__ = ["ALL"]

ALL = (inv_G1, inv_G2, inv_G3, inv_G4)
