"""What is told to the watchman, and what is asked of it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.workflow.spec import Workflow
from supervision import Request

__all__ = ["LetIn", "ListHandoffs", "LookForHandoffs"]


@frozen
class LookForHandoffs:
    """See whether something is there that a workflow watches for."""


@frozen
class ListHandoffs(Request[list[dict[str, Any]]]):
    """What lies in the workflow's inbox and among what is approved."""

    workflow: Workflow


@frozen
class LetIn(Request[list[str]]):
    """Move these files of the inbox to what is approved; the names there."""

    workflow: Workflow
    files: tuple[str, ...]
