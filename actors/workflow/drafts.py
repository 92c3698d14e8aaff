"""A node between reading and checking: the node as far as it could be read, and where each of its texts stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field

from actors.workflow.form import Form
from actors.workflow.problems import Path
from actors.workflow.spec import Node

__all__ = ["Draft"]


@define
class Draft:
    """`templates` are the values that may hold placeholders, `error_templates` those that may also read `error`,
    `item_templates` those that may also read `item`. `bindings` are the nodes that the model's own bindings name, each with its path.
    `children` are the nodes in a group, `chained` says that they are a sequence, `repeat_at` where the condition of a loop stands.
    """

    node: Node
    form: Form
    named: bool
    templates: list[tuple[Path, Any]] = field(factory=list)
    error_templates: list[tuple[Path, Any]] = field(factory=list)
    item_templates: list[tuple[Path, Any]] = field(factory=list)
    bindings: list[tuple[Path, str]] = field(factory=list)
    children: list[Draft] = field(factory=list)
    chained: bool = False
    repeat_at: Path = ()

    def inside(self) -> Iterator[Draft]:
        """It and all that stands in it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.inside()
