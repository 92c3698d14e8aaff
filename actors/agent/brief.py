"""What an agent is told beside its order: its persona's own text, snippets, and by what its answer is read. Pure."""

from __future__ import annotations

from typing import Any

from attrs import frozen

__all__ = ["Brief"]


@frozen
class Brief:
    """`body` and `snippets` are rendered. `schema` is a JSON Schema by which it answers, None: its answer is a text.

    `block`: it ends that with a block of markers and context. `knows`: it is told the variables of the run.
    """

    body: str = ""
    snippets: tuple[str, ...] = ()
    schema: Any = None
    block: bool = False
    knows: bool = False
