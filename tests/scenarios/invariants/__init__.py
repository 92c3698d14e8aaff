"""Every guarantee as a function of what was recorded and what clients know; each answers what is wrong, in words."""

from __future__ import annotations

from tests.scenarios.invariants.acknowledged import inv_g1, inv_g2
from tests.scenarios.invariants.endings import inv_g14, inv_g26, inv_g27
from tests.scenarios.invariants.gates import inv_g11, inv_g12
from tests.scenarios.invariants.kin import inv_kin
from tests.scenarios.invariants.letters import inv_letters
from tests.scenarios.invariants.logs import inv_g3, inv_g4
from tests.scenarios.invariants.nodes import inv_g5, inv_g6, inv_g7, inv_g8
from tests.scenarios.invariants.pins import inv_pins
from tests.scenarios.invariants.process import inv_g15, inv_g16, inv_g17, inv_g19, inv_g20, inv_g21, inv_g22
from tests.scenarios.invariants.removal import inv_removal
from tests.scenarios.invariants.threads import inv_threads
from tests.scenarios.invariants.unattended import inv_g13_handoffs, inv_g13_schedules
from tests.scenarios.invariants.waits import inv_g13_waits

__all__ = [
    "ALL",
    "inv_g1",
    "inv_g2",
    "inv_g3",
    "inv_g4",
    "inv_g5",
    "inv_g6",
    "inv_g7",
    "inv_g8",
    "inv_g11",
    "inv_g12",
    "inv_g13_handoffs",
    "inv_g13_schedules",
    "inv_g13_waits",
    "inv_g14",
    "inv_g15",
    "inv_g16",
    "inv_g17",
    "inv_g19",
    "inv_g20",
    "inv_g21",
    "inv_g22",
    "inv_g26",
    "inv_g27",
    "inv_kin",
    "inv_letters",
    "inv_pins",
    "inv_removal",
    "inv_threads",
]  # fmt: skip

ALL = (
    inv_g1, inv_g2, inv_g3, inv_g4, inv_g5, inv_g6, inv_g7, inv_g8, inv_g11, inv_g12, inv_g13_handoffs, inv_g13_schedules, inv_g13_waits,
    inv_g14, inv_g15, inv_g16, inv_g17, inv_g19, inv_g20, inv_g21, inv_g22, inv_g26, inv_g27, inv_letters,
    inv_removal, inv_threads, inv_pins, inv_kin,
)  # fmt: skip
