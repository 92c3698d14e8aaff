"""Whether the MCP servers whose tools a workflow names are there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from actors.workflow.mcp_names import split
from actors.workflow.model_places import model_place
from actors.workflow.problems import Path, Place, Problem, field_path
from actors.workflow.spec import Agent, Workflow
from actors.workflow.walk import located

__all__ = ["unserved"]


def unserved(
    workflow: Workflow, servers: Collection[str], places: Mapping[Path, Place] | None = None, file: str = ""
) -> tuple[Problem, ...]:  # fmt: skip
    """Each tool of a server that is not among `servers`. `places` maps the paths of the file to line and column, where there is one."""
    found = []
    for path, tool in _named(workflow):
        named = split(tool)
        if named is not None and named[0] not in servers:
            line, column = model_place(places, path)
            message = f"There is no MCP server {named[0]!r}, whose tool {tool} is named here. Configure it: [mcp.{named[0]}]."
            allowed = tuple(sorted(servers))
            found.append(Problem("mcp_server_unknown", message, file, line, column, field_path(path), f'"{tool}"', allowed))
    return tuple(found)


def _named(workflow: Workflow) -> Iterator[tuple[Path, str]]:
    for path, node in located(workflow):
        if isinstance(node.action, Agent):
            yield from (((*path, "tools", j), tool) for j, tool in enumerate(node.action.tools))
        if isinstance(node.on_fail.handler, Agent):
            yield from (((*path, "on_fail", "tools", j), tool) for j, tool in enumerate(node.on_fail.handler.tools))
    for persona in workflow.personas:
        yield from ((("personas", persona.name, "tools", j), tool) for j, tool in enumerate(persona.tools or ()))
