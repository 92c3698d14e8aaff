"""The parameters of the method that starts a run; used by the name of `params`, like all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, field, frozen

from actors.control import bounds

__all__ = ["RunStart"]

Notation = Literal["yaml", "json"]


@frozen
class RunStart:
    """Start a run of a stored workflow (`workflow_id`) or of a definition sent along (`text`): exactly one of the two.

    `cwd` (absolute) is where a relative workspace begins; without it, the folder of the definition. `dry_run`: tell what the run would do,
    and do nothing.
    """

    workflow_id: str | None = field(default=None, validator=bounds.name)
    version: int | None = field(default=None, validator=bounds.position)
    text: str | None = None
    notation: Notation = "yaml"
    source: str = field(default="<request>", validator=bounds.text)
    folder: str | None = field(default=None, validator=bounds.text)
    inputs: Mapping[str, Any] = Factory(dict)
    priority: int | None = None
    cwd: str | None = field(default=None, validator=bounds.text)
    dry_run: bool = False

    def __attrs_post_init__(self) -> None:
        if (self.workflow_id is None) == (self.text is None):
            found = "neither" if self.text is None else "both"
            raise bounds.Unfit("workflow_id", found, "either workflow_id or text")
