"""The node that makes one HTTP request, and how its headers may hold secrets. Pure data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from attrs import Factory, frozen

__all__ = ["METHODS", "SAFE_METHODS", "Http", "Method", "header_secret"]

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
SAFE_METHODS: Final = ("GET", "HEAD")
"""Methods that change nothing: what became of such a request need not be known."""
_SECRET: Final = re.compile(r"([^{}]*?)(?:\{\{\s*secrets\.([a-z][a-z0-9_-]{0,63})\s*\}\}|\bsecrets\.([a-z][a-z0-9_-]{0,63}))")


@frozen
class Http:
    """One request. `url`, texts of `headers` and all texts in `body` are templates; scheme and host of the address are not.

    `body`: a text is sent as it is, any other JSON value as JSON; None for no body. `expect`: statuses that are a success,
    none for 200 to 299.
    """

    url: str
    method: Method = "GET"
    headers: Mapping[str, str] = Factory(dict)
    body: Any = None
    expect: tuple[int, ...] = ()


def header_secret(text: str) -> tuple[str, str] | None:
    """What stands before a secret at a header's end, and the secret's name, as in `Bearer {{ secrets.forge }}`; None without one."""
    found = _SECRET.fullmatch(text.strip())
    return None if found is None else (found[1], found[2] or found[3])
