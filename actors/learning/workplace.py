"""What the keeper of learnings works with; those who answer questions about learnings read from it, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from actors.learning.endings import Endings
    from actors.learning.policies import Policies
    from actors.learning.world import World

__all__ = ["Workplace"]


@frozen(eq=False)
class Workplace:
    """`endings` are runs that have ended a moment ago, `say` tells the operator a line, as on standard error."""

    world: World
    endings: Endings
    policies: Policies
    say: Callable[[str], object]
