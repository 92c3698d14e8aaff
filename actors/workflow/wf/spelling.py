"""How names and texts are spelt in a `.wf` text, and what cannot be spelt there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, final

from actors.workflow.problems import Path
from actors.workflow.wf.ast import Entry, ListValue, MapValue, Scalar, Value
from actors.workflow.wf.tokens import KEYS, KEYWORDS, NO_NAMES

__all__ = ["NotExpressible", "bare", "entries_of", "is_name", "quoted", "reference", "value_of"]

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@final
class NotExpressible(Exception):
    """`path` is the field of the model that `.wf` has no words for."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(why)
        self.path, self.why = path, why


def is_name(text: str) -> bool:
    """Whether a text may stand without quotes, where a name is expected."""
    return NAME.fullmatch(text) is not None and text not in NO_NAMES


def bare(text: str, path: Path) -> Scalar:
    """A name without quotes."""
    if not is_name(text):
        raise NotExpressible(path, f"{text[:80]!r} is no name: letters, digits, _ and -, no digit or - first, and not meta or do")
    return Scalar(text)


def quoted(text: str) -> Scalar:
    """A text in quotes; its lines stay lines."""
    raw = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return Scalar(text, True, f'"{raw}"')


def reference(text: str) -> Scalar:
    """`step.field` without quotes where that is possible."""
    parts = text.split(".")
    return Scalar(text) if len(parts) == 2 and all(is_name(part) for part in parts) else quoted(text)


def value_of(value: Any, path: Path) -> Value:
    """A value of the model: text, number, flag, list of texts or map of texts."""
    if isinstance(value, bool):
        return Scalar("true" if value else "false")
    if isinstance(value, int) and 0 <= value < 2**32:
        return Scalar(str(value))
    if isinstance(value, list):
        return ListValue(tuple(quoted(_text(item, (*path, i))) for i, item in enumerate(value)))
    if isinstance(value, Mapping):
        return MapValue(tuple(Entry(_key(key, path), quoted(_text(item, (*path, key)))) for key, item in value.items()))
    return quoted(_text(value, path))


def entries_of(values: Mapping[str, Any], path: Path) -> tuple[Entry, ...]:
    """One pair for each value that is there; a value that is spelt already stays as it is."""
    return tuple(
        Entry(key, value if isinstance(value, Scalar) else value_of(value, (*path, key)))
        for key, value in values.items()
        if value is not None and value not in ([], {}, "")
    )


def _text(value: Any, path: Path) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value
    raise NotExpressible(path, "lists and maps hold texts alone")


def _key(key: str, path: Path) -> str:
    if NAME.fullmatch(key) is None or (key in KEYWORDS and key not in KEYS):
        raise NotExpressible((*path, key), f"{key[:80]!r} cannot be the key of a map, since keys are words without quotes")
    return key
