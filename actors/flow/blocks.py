"""The block by which a script or an agent says its markers and context among other text (flow spec 8.2). Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from storage.strict_json import BadJson, loads_strict

__all__ = ["END", "START", "read_block"]

START: Final = "<<<FLOW_OUTPUT>>>"
END: Final = "<<<END_FLOW_OUTPUT>>>"
_BEGIN = re.compile(r"<<<FLOW_OUTPUT>>>\s*(?=[{\[`])")
_FENCE = re.compile(r"```[A-Za-z0-9]*")
_SLIP = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|,(?=\s*[}\]])', re.DOTALL)
"""A text, also one that is never closed: so every character is looked at once, whatever stands there."""
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt]|)')


def read_block(text: str) -> dict[str, Any] | None:
    """The object of the last block in the text, with `markers` and `context`; None where there is none that can be read.

    What models get wrong in JSON is put right: a fence around it, commas before a closing bracket, single backslashes.
    """
    begins = list(_BEGIN.finditer(text))
    end = text.find(END, begins[-1].end()) if begins else -1
    if end < 0:
        return None
    inner = _without_fence(text[begins[-1].end() : end].strip())
    try:
        found = loads_strict(_SLIP.sub(_righted, inner).encode())
    except (BadJson, UnicodeEncodeError):
        return None
    if not isinstance(found, dict):
        return None
    block = {"markers": [], "context": "", **found}
    markers = block["markers"]
    sound = isinstance(markers, list) and all(isinstance(item, str) for item in markers) and isinstance(block["context"], str)
    return block if sound else None


def _without_fence(inner: str) -> str:
    begin = _FENCE.match(inner)
    return inner if begin is None or not inner.endswith("```") else inner[begin.end() : -3].strip()


def _righted(found: re.Match[str]) -> str:
    text = found[0]
    return "" if text == "," else _ESCAPE.sub(lambda escape: escape[0] if escape[1] else "\\\\", text)
