"""Flat templates: `{{key}}` is replaced by the variable of exactly that name, in one pass (flow spec 8.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from actors.workflow.template import Quote, shell_word

__all__ = ["Name", "names_in", "split", "substitute", "substitute_in"]

_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@frozen
class Name:
    """One placeholder: what stands between the braces, as it stands there."""

    name: str

    @property
    def shown(self) -> str:
        """The placeholder as it is written."""
        return f"{{{{{self.name}}}}}"


def split(text: str) -> list[str | Name]:
    """Literal texts and placeholders in turn."""
    return [Name(part) if i % 2 else part for i, part in enumerate(_PLACEHOLDER.split(text))]


def substitute(text: str, variables: Mapping[str, str], *, keep: bool = False, quote: bool | Quote = False) -> str:
    """The text with its variables filled in; what stands in them is not looked at again, and an open `{{` stays.

    Unknown ones vanish, or stay with `keep`. `quote` makes each value one POSIX word, or what the function makes of it and of its name;
    raises TemplateError where none can be made of it.
    """
    guard = shell_word if quote is True else quote

    def value(found: re.Match[str]) -> str:
        known = variables.get(found[1])
        if known is None:
            return found[0] if keep else ""
        return guard(known, found[1]) if guard else known

    return _PLACEHOLDER.sub(value, text)


def substitute_in(value: Any, variables: Mapping[str, str], *, keep: bool = False) -> Any:
    """The JSON value with the variables in all its texts filled in; unknown ones vanish, or stay with `keep`."""
    if isinstance(value, str):
        return substitute(value, variables, keep=keep)
    if isinstance(value, Mapping):
        return {key: substitute_in(item, variables, keep=keep) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [substitute_in(item, variables, keep=keep) for item in value]
    return value


def names_in(value: Any) -> tuple[str, ...]:
    """What the placeholders in a JSON value name, in order, without repetition."""
    found: dict[str, None] = {}
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, str):
            found.update(dict.fromkeys(_PLACEHOLDER.findall(here)))
        elif isinstance(here, Mapping):
            stack.extend(reversed(list(here.values())))
        elif isinstance(here, list | tuple):
            stack.extend(reversed(here))
    return tuple(found)
