"""Item providers by name: the built-in one, and those that the configuration names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import Factory, field, frozen

__all__ = ["BUILT_IN", "NoItems", "Provider", "Providers", "providers_of"]

BUILT_IN: Final = "list"


class NoItems(Exception):
    """No items, and why: `code` is a stable word, `message` says what was found."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@frozen
class Provider:
    """Who finds items: a `command` that is told scope and filter as JSON on its standard input; None: the built-in list.

    `env` holds what the command gets of the daemon's environment beside the usual variables. `ordered`: it tells edges, too.
    `requires_filter`: it is not asked without one.
    """

    name: str
    command: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default=Factory(dict), repr=False)
    ordered: bool = False
    requires_filter: bool = False


Providers = Mapping[str, Provider]


def providers_of(*configured: Provider) -> Providers:
    """All that there are, the built-in one among them."""
    return {BUILT_IN: Provider(BUILT_IN), **{one.name: one for one in configured}}
