"""Which tools of which servers an attempt may use, and which of those that a server has are meant. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from actors.mcp.catalog import Catalog, Tool
from actors.workflow.mcp_names import ALL, split
from actors.workflow.spec_agent import Persona

__all__ = ["chosen", "missing", "wanted"]


def wanted(asked: Iterable[str], persona: Persona) -> dict[str, tuple[str, ...]]:
    """Names of tools (or `*`) by server: those that the node asks for, else those that its persona names; each of them permitted to it."""
    names = tuple(asked) or persona.tools or ()
    found: dict[str, list[str]] = {}
    for name in names:
        named = split(name)
        if named is not None and persona.may(name):
            found.setdefault(named[0], []).append(named[1])
    return {server: tuple(found[server]) for server in sorted(found)}


def missing(catalog: Catalog, names: Iterable[str]) -> dict[str, str]:
    """The tools that were asked for by name and are not to be had, each with the reason."""
    return {name: catalog.left_out.get(name, "the server has no such tool") for name in names if name != ALL and name not in catalog.tools}


def chosen(catalog: Catalog, names: Iterable[str]) -> Mapping[str, Tool]:
    """The tools that are meant, by name, in the server's order."""
    wished = set(names)
    return {name: tool for name, tool in catalog.tools.items() if ALL in wished or name in wished}
