"""What the keeper of learnings works with; those who answer questions about learnings read from it, too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from attrs import frozen

from actors.learning.world import World

if TYPE_CHECKING:
    from actors.learning.endings import Endings
    from actors.learning.policies import Policies
    from actors.library import Library
    from actors.secrets.redactor import Redactor
    from actors.services import Services

__all__ = ["Workplace"]


@frozen(eq=False)
class Workplace:
    """`endings` are runs that have ended a moment ago, `say` tells the operator a line, as on standard error."""

    world: World
    endings: Endings
    policies: Policies
    say: Callable[[str], object]

    @classmethod
    def of(cls, services: Services, library: Library, endings: Endings, policies: Policies, redactor: Redactor) -> Self:
        """One whose lines go to standard error, without secrets."""
        return cls(World.of(services, library), endings, policies, lambda text: sys.stderr.write(redactor.text(text)))
