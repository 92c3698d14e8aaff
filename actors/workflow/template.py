"""Templates: `{{ path }}` inside text, lookup only. No expressions, no code, no attribute of any Python object."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, final

from attrs import frozen

__all__ = ["Lookup", "Quote", "TemplateError", "parse_template", "references", "render", "render_text", "shell_word"]

MARK: Final = "{{"
PLACEHOLDER = re.compile(r"\{\{((?:[^{}\"']|\"[^\"\n]*\"|'[^'\n]*')*)\}\}")
PATH = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_-]+|\[(?:[0-9]{1,9}|\"[^\"]*\"|'[^']*')\])*)\s*")
STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(?:([0-9]{1,9})|\"([^\"]*)\"|'([^']*)')\]")
QUOTED = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)')\s*")


Quote = Callable[[str, str], str]
"""What makes a value harmless where it is put: of the value and the placeholder's name."""


@frozen
class Lookup:
    """One placeholder: the steps from the scope to the value."""

    path: tuple[str | int, ...]
    text: str

    @property
    def shown(self) -> str:
        """The placeholder as people write it."""
        return f"{{{{ {self.text} }}}}"


@final
class TemplateError(Exception):
    """`code` is `template_syntax` or `reference_unknown`, or says why what was filled in cannot stand there; `path`: the placeholder."""

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(message)
        self.code, self.path, self.message = code, path, message


def render(value: Any, scope: Mapping[str, Any]) -> Any:
    """The value with all placeholders filled in. A string that is nothing but one placeholder keeps the JSON type of what it names."""
    if type(value) is str:
        if MARK not in value:
            return value
        parts = parse_template(value)
        if len(parts) == 1 and isinstance(parts[0], Lookup):
            return _look(parts[0], scope)
        return _join(parts, scope, quote=False)
    if type(value) is dict:
        return {key: render(item, scope) for key, item in value.items()}
    if type(value) is list:
        return [render(item, scope) for item in value]
    return value


def render_text(text: str, scope: Mapping[str, Any], *, quote: bool | Quote = False) -> str:
    """The text with all placeholders filled in; what is no text stands there as JSON.

    `quote` makes each value one POSIX word, or what the function makes of it and of the placeholder's name.
    """
    return text if MARK not in text else _join(parse_template(text), scope, quote=quote)


def references(value: Any) -> tuple[Lookup, ...]:
    """All lookups in a JSON value, in order, without repetition. Raises TemplateError for a placeholder that cannot be read."""
    found: dict[Lookup, None] = {}
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, str) and MARK in here:
            found.update((part, None) for part in parse_template(here) if type(part) is Lookup)
        elif isinstance(here, Mapping):
            stack.extend(reversed(list(here.values())))
        elif isinstance(here, list | tuple):
            stack.extend(reversed(here))
    return tuple(found)


@lru_cache(maxsize=4096)
def parse_template(text: str) -> tuple[str | Lookup, ...]:
    """Literal texts and lookups in turn. Raises TemplateError `template_syntax`."""
    parts: list[str | Lookup] = []
    at = 0
    while (start := text.find(MARK, at)) >= 0:
        found = PLACEHOLDER.match(text, start)
        if found is None:
            raise _syntax(text[start : start + 40], "it is not closed by }}, or holds more than a path")
        if start > at:
            parts.append(text[at:start])
        parts.append(_placeholder(found[1]))
        at = found.end()
    if at < len(text):
        parts.append(text[at:])
    return tuple(parts)


def _placeholder(inner: str) -> str | Lookup:
    """What stands between the braces: a path, or quoted text that stands for itself (the way to write `{{` literally)."""
    if literal := QUOTED.fullmatch(inner):
        return literal[1] if literal[1] is not None else literal[2]
    shown = inner.strip()
    whole = PATH.fullmatch(inner)
    if whole is None:
        raise _syntax(f"{{{{ {shown} }}}}", 'a path is names joined by dots, with [0] or ["any text"] where a name is no word')
    steps = (int(step[2]) if step[2] else step[1] or step[3] or step[4] or "" for step in STEP.finditer(whole[2]))
    return Lookup((whole[1], *steps), shown)


def _syntax(shown: str, why: str) -> TemplateError:
    message = f'{shown!r} is no placeholder: {why}. Write {{{{ inputs.name }}}}, or {{{{ "{{{{" }}}} for the braces themselves.'
    return TemplateError("template_syntax", shown, message)


def _join(parts: tuple[str | Lookup, ...], scope: Mapping[str, Any], *, quote: bool | Quote) -> str:
    out: list[str] = []
    guard = shell_word if quote is True else quote
    for part in parts:
        if type(part) is Lookup:
            value = _look(part, scope)
            text = value if type(value) is str else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            out.append(guard(text, part.text) if guard else text)
        else:
            out.append(str(part))
    return "".join(out)


def shell_word(text: str, shown: str) -> str:
    """The text as one POSIX word; `shown` is what names it. Raises TemplateError `value_not_quotable` for a text with a NUL."""
    if "\0" in text:
        raise TemplateError("value_not_quotable", shown, f"{{{{ {shown} }}}} holds a NUL, which no shell word can carry.")
    # Always in quotes, also a harmless word: `2` before `>` or `A=b` before a command would mean something to the shell.
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _look(part: Lookup, scope: Mapping[str, Any]) -> Any:
    here: Any = scope
    for i, step in enumerate(part.path):
        if isinstance(step, str):
            if type(here) is dict and step in here:
                here = here[step]
                continue
        elif type(here) is list and step < len(here):
            here = here[step]
            continue
        raise _unknown(part, i, here)
    return here


def _unknown(part: Lookup, i: int, here: Any) -> TemplateError:
    step = part.path[i]
    around = ".".join(str(s) for s in part.path[:i]) or "the scope"
    if isinstance(here, dict):
        there = f"it has {', '.join(sorted(map(str, here))[:12]) or 'no entries'}"
    elif isinstance(here, list):
        there = f"it is a list of {len(here)}"
    else:
        there = "it is a single value"
    message = f"{{{{ {part.text} }}}}: there is no {json.dumps(step)} in {around}; {there}."
    return TemplateError("reference_unknown", part.text, message)
