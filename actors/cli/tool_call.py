"""The use of a tool that a person is asked about: every argument as it is, and nothing in it can look like something else."""

from __future__ import annotations

import json
from typing import Any

from actors.cli.text import emit, visible, visible_lines

__all__ = ["about_call", "approval_of", "is_about_tool"]

_BRIEF = 160
"""Characters of an argument that stand in a list; `penstock show` has all of them."""
_NAMED = 16
"""Characters of a digest that name it."""


def is_about_tool(gate: dict[str, Any]) -> bool:
    """Whether the gate asks about the use of a tool."""
    return bool(gate.get("tool"))


def approval_of(gate: dict[str, Any]) -> str:
    """What the command that approves it says beside the gate's name: the digest of what was shown, where only that may be approved."""
    return f" --shown {gate['shown_digest'][:_NAMED]}" if is_about_tool(gate) else ""


def about_call(call: dict[str, Any], *, whole: bool) -> None:
    """Print the tool and its arguments, line by line; each line of a text stands behind a bar. Cut unless it is to be `whole`."""
    emit(visible(f"  tool {call['name']}, asked for by {call['persona']} in call {call['turn']} of the model ({call['call_id']})"))
    for name, value in call["arguments"].items():
        text = value if isinstance(value, str) and "\n" in value else json.dumps(value, ensure_ascii=False)
        if not whole and len(text) > _BRIEF:
            emit(visible(f"    {name} = {json.dumps(text[:_BRIEF], ensure_ascii=False)} … {len(text)} characters in all"))
        elif "\n" in text:
            emit(visible(f"    {name}, {len(text)} characters:"))
            for line in text.split("\n"):
                emit(f"    | {visible_lines(line)}")
        else:
            emit(visible(f"    {name} = {text}"))
