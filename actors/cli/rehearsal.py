"""The plan of a dry run for people: what would be done, in which order, and what is wrong."""

from __future__ import annotations

import shlex
from typing import Any

from actors.cli import exits
from actors.cli.link import Link
from actors.cli.text import count, emit, print_json, span, visible, visible_lines

__all__ = ["print_plan", "rehearse"]

_MARGIN = " " * 6


def rehearse(link: Link, start: Any, *, as_json: bool) -> int:
    """Ask for the dry run (`start` gives it a client's `call`), print its plan, and answer its exit code."""
    with link.carrier() as carrier, carrier.client() as client:
        started = start(client.call)
        run = client.call("run.get", {"run_id": started["run_id"]})["run"]
    exit_code = exits.code_of_status(run["status"])
    if as_json:
        print_json({**run, "exit_code": exit_code})
    else:
        print_plan(run)
    return exit_code


def print_plan(run: dict[str, Any]) -> None:
    """The whole plan, problems last."""
    plan = run["output"]["plan"]
    emit(visible(f"{run['run_id']}: dry run of {run['workflow_id']} version {run['version']}; nothing was executed"))
    emit(visible(f"  workspace: {plan['workspace'] or 'a private folder'}"))
    if (place := plan.get("worktree")) is not None:
        emit(visible(f"  worktree: a new branch {place['branch']} at {place['base']} of {place['repository']}"))
    for number, node in enumerate(plan["nodes"], 1):
        _print_node(number, node)
    if plan.get("omitted"):
        emit(f"  … and {count(plan['omitted'], 'more node')}, for which the record has no room")
    if plan.get("cut_to"):
        emit(f"  (texts longer than {plan['cut_to']} characters were cut)")
    output = plan.get("output")
    for name, value in output.items() if isinstance(output, dict) else ():
        emit(visible(f"  output {name} = {value}"))
    _print_problems(plan)


def _print_node(number: int, node: dict[str, Any]) -> None:
    needs = f", after {', '.join(node['needs'])}" if node["needs"] else ""
    where = ", clean-up" if node.get("section") == "finally" else ""
    sure = "" if node["certainty"] == "certain" else f"  [{node['certainty']}: when {node.get('when')}]"
    emit(visible(f"  {number:>2}. {node['node_id']}  {node['kind']}{where}{needs}{sure}"))
    for line in _what(node):
        emit("\n".join(f"{_MARGIN}{part}" for part in visible_lines(line).splitlines()))
    limits = _limits(node)
    if limits:
        emit(visible(f"{_MARGIN}{limits}"))


def _what(node: dict[str, Any]) -> list[str]:
    """What the node would do, a line for each part."""
    command = node.get("command")
    found = [shlex.join(command) if isinstance(command, list) else command.rstrip("\n")] if command else []
    found += [f"tells {node['agent']}: {node['instructions']}"] if "agent" in node else []
    found += [f"calls {node['function']}"] if "function" in node else []
    found += [f"  with {name} = {value}" for name, value in node.get("inputs", {}).items()]
    if node["kind"] == "gate":
        what = f"judges {node['source']}" if "source" in node else f"asks: {node.get('prompt') or node['gate_name']}"
        found.append(f"{what} (taken as {node['assumed']})")
    found += [f"waits: {', '.join(f'{name} {value}' for name, value in node['wait'].items())}"] if "wait" in node else []
    found += [f"makes {node['artifact']}"] if "artifact" in node else []
    failing = node.get("on_fail")
    found += [f"on failure: {failing if isinstance(failing, str) else shlex.join(failing)}"] if failing else []
    return found


def _limits(node: dict[str, Any]) -> str:
    parts = [f"at most {node['cap']} attempts"] if node["cap"] > 1 else []
    parts += [f"{name.removesuffix('_ms')} limit {span(ms)}" for name, ms in node.get("timeouts", {}).items() if node["cap"] > 1]
    return ", ".join(parts)


def _print_problems(plan: dict[str, Any]) -> None:
    problems = plan["problems"]
    if not problems:
        emit("no problems found")
        return
    emit(f"{count(plan.get('problems_in_all', len(problems)), 'problem')}:")
    for problem in problems:
        emit(visible(f"  {problem['path']}: {problem['message']} ({problem['code']})"))
