"""A node between reading and checking: the node as far as it could be read, and where each of its texts stands."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from actors.workflow.form import Form
from actors.workflow.problems import Path
from actors.workflow.spec import Node

__all__ = ["Draft"]


@define
class Draft:
    """`templates` are the values that may hold placeholders, `error_templates` those that may also read `error`,
    `item_templates` those that may also read `item`.

    `bindings` are the nodes that the model's own bindings name, each with its path.
    """

    node: Node
    form: Form
    named: bool
    templates: list[tuple[Path, Any]] = field(factory=list)
    error_templates: list[tuple[Path, Any]] = field(factory=list)
    item_templates: list[tuple[Path, Any]] = field(factory=list)
    bindings: list[tuple[Path, str]] = field(factory=list)
