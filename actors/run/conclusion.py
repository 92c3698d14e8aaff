"""What the body of a run comes to. Data. Pure."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["Conclusion"]


@frozen
class Conclusion:
    """What the body of a run came to, with the code of its ending, the nodes that it is about, and files that are missing."""

    status: Literal["completed", "blocked", "failed"]
    code: str
    node_ids: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
