"""Every guarantee as a function of what was recorded and what clients know; each answers what is wrong, in words."""

from __future__ import annotations

from tests.scenarios.invariants.acknowledged import inv_G1, inv_G2
from tests.scenarios.invariants.endings import inv_G14, inv_G26, inv_G27
from tests.scenarios.invariants.gates import inv_G11, inv_G12
from tests.scenarios.invariants.logs import inv_G3, inv_G4
from tests.scenarios.invariants.nodes import inv_G5, inv_G6, inv_G7, inv_G8
from tests.scenarios.invariants.process import inv_G15, inv_G16, inv_G17, inv_G19, inv_G20, inv_G21, inv_G22

__all__ = ["ALL"]

ALL = (
    inv_G1, inv_G2, inv_G3, inv_G4, inv_G5, inv_G6, inv_G7, inv_G8, inv_G11, inv_G12, inv_G14, inv_G15, inv_G16, inv_G17, inv_G19, inv_G20,
    inv_G21, inv_G22, inv_G26, inv_G27,
)  # fmt: skip
