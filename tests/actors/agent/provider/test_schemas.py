"""What strict modes ask of a schema."""

from __future__ import annotations

from typing import Any

import pytest

from actors.agent.provider.schemas import demand, fits_strict

CLOSED: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
OPEN: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        (CLOSED, True),
        (OPEN, False),
        ({**CLOSED, "required": []}, False),
        ({"type": "object", "additionalProperties": False}, False),
        ({**CLOSED, "properties": {"a": OPEN}}, False),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": CLOSED}}}, True),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": OPEN}}}, False),
        ({**CLOSED, "properties": {"a": {"anyOf": [CLOSED, {"type": "null"}]}}}, True),
        ({**CLOSED, "properties": {"a": {"anyOf": [OPEN]}}}, False),
        ({**CLOSED, "$defs": {"x": CLOSED}}, True),
        ({**CLOSED, "$defs": {"x": OPEN}}, False),
        ({**CLOSED, "$defs": 3}, True),
        ({"type": "string"}, True),
        ({"items": True}, True),
    ],
    ids=[
        "closed", "open", "optional", "bare", "open_inside", "closed_items", "open_items", "closed_choice", "open_choice", "closed_defs",
        "open_defs", "no_defs", "text", "anything",
    ],
)  # fmt: skip
def test_every_object_is_closed_and_all_its_properties_are_required(schema: Any, fits: bool) -> None:
    assert fits_strict(schema) is fits


def test_the_demand_holds_the_schema() -> None:
    assert demand({"type": "object"}).endswith('{"type":"object"}')
