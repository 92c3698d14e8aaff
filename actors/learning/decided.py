"""What an operation on learnings came to: facts to be recorded, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from actors.learning.step import Step
    from actors.refusals import Refusal
    from actors.workflow.spec import Workflow

__all__ = ["Decided"]


@frozen
class Decided:
    """`subject` is what the audit log names. A refusal as the answer does not undo the facts: they are what was found on the way to it.

    `store` is a definition that becomes the workflow's newest version in the same commit. `lost` is the code where nothing can be recorded.
    """

    step: Step
    subject: str
    reply: Mapping[str, Any] | Refusal
    store: Workflow | None = None
    lost: str = "unavailable"
