"""The conditions of `.wf` texts as the model writes them, and back (flow spec 8.6). Pure."""

from __future__ import annotations

import json
import re
from typing import Final

__all__ = ["flag_text", "marker_text", "read_condition"]

TEXT: Final = r'"(?:[^"\\]|\\.)*"'
FORM: Final = re.compile(rf"(!?)(?:marker\(({TEXT}), ({TEXT})\)|flag\(({TEXT})\))", re.DOTALL)


def marker_text(step: str, marker: str) -> str:
    """That the newest result of a step has a marker."""
    return f"marker({_quoted(step)}, {_quoted(marker)})"


def flag_text(name: str) -> str:
    """That an input is true."""
    return f"flag({_quoted(name)})"


def read_condition(text: str) -> tuple[bool, str, str | None] | None:
    """Whether it is negated, the step and its marker, or the input and None; None for every other condition."""
    found = FORM.fullmatch(text)
    if found is None:
        return None
    try:
        if found[4] is not None:
            return found[1] == "!", json.loads(found[4]), None
        return found[1] == "!", json.loads(found[2]), json.loads(found[3])
    except ValueError:  # an escape that only conditions know
        return None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
