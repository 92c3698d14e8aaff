"""The plan of a dry run for people: what would be done, in which order, and what is wrong."""

from __future__ import annotations

import json
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
    for name in ("as_identity", "plugin_dirs", "model"):
        if name in run:
            emit(visible(f"  {name.replace('_', ' ')}: {', '.join(run[name]) if name == 'plugin_dirs' else run[name]}"))
    _print_nodes(plan["nodes"])
    if plan.get("omitted"):
        emit(f"  … and {count(plan['omitted'], 'more node')}, for which the record has no room")
    if plan.get("cut_to"):
        emit(f"  (texts longer than {plan['cut_to']} characters were cut)")
    output = plan.get("output")
    for name, value in output.items() if isinstance(output, dict) else ():
        emit(visible(f"  output {name} = {value}"))
    _print_problems(plan)


def _print_nodes(nodes: list[dict[str, Any]], above: str = "", depth: int = 0) -> None:
    """What stands in a group stands deeper than the group, and what a run below would do deeper than who begins it."""
    depths: dict[str, int] = {}
    for number, node in enumerate(nodes, 1):
        deep = depths[node["node_id"]] = depths.get(node.get("group", ""), depth - 1) + 1
        _print_node(f"{above}{number}.", node, deep)
        _print_nodes(node.get("nested", []), f"{above}{number}.", deep + 1)


def _print_node(number: str, node: dict[str, Any], depth: int) -> None:
    needs = f", after {', '.join(node['needs'])}" if node["needs"] else ""
    where = ", clean-up" if node.get("section") == "finally" else ""
    why = f": when {node['when']}" if "when" in node else ""
    sure = "" if node["certainty"] == "certain" else f"  [{node['certainty']}{why}]"
    margin = "  " * depth
    emit(visible(f"{margin}  {number:>3} {node['node_id']}  {node['kind']}{where}{needs}{sure}"))
    for line in [*_what(node), *filter(None, [_limits(node)])]:
        emit("\n".join(f"{margin}{_MARGIN}{part}" for part in visible_lines(line).splitlines()))


def _what(node: dict[str, Any]) -> list[str]:
    """What the node would do, a line for each part."""
    found = _words(node)
    found += [f"  with {name} = {value}" for name, value in node.get("inputs", {}).items()]
    if node["kind"] == "gate":
        what = f"judges {node['source']}" if "source" in node else f"asks: {node.get('prompt') or node['gate_name']}"
        found.append(f"{what} (taken as {node['assumed']})")
    found += [f"waits: {', '.join(f'{name} {value}' for name, value in node['wait'].items())}"] if "wait" in node else []
    found += [f"makes {node['artifact']}"] if "artifact" in node else []
    found += [f"… {count(node['omitted'], 'node')}, for which there is no room"] if "omitted" in node else []
    failing = node.get("on_fail")
    words = _words(failing) if isinstance(failing, dict) else [failing if isinstance(failing, str) else shlex.join(failing or [])]
    found += [f"on failure: {' '.join(words)}"] if failing else []
    return found


def _words(told: dict[str, Any]) -> list[str]:
    """What is done, by whichever word says it."""
    match told:
        case {"command": list() as words}:
            return [shlex.join(words)]
        case {"command": str(text)}:
            return [text.rstrip("\n")]
        case {"function": name}:
            return [f"calls {name}"]
        case {"request": {"method": method, "url": url} as asked}:
            return [f"{method} {url}", *(f"  {name}: {value}" for name, value in asked.get("headers", {}).items()), *_body(asked)]
        case {"agent": role, "instructions": text}:
            who, text = told.get("persona", role), told.get("prompt", text)
            return [f"asks {who}: {text}" if text else f"asks {who}"]
        case {"form": "foreach"}:
            return [f"runs {told['workflow']} for each item of {told['over']}, at most {max(1, told['max_parallel'])} at once"]
        case {"form": "repeat"}:
            asks = told.get("while") or f"{told['do_while']} (asked after each turn)"
            return [f"repeats while {asks}, at most {count(told['max_iterations'], 'turn')}"]
        case {"form": "parallel"}:
            return ["all at once"]
        case {"workflow": name}:
            return [f"runs {name}"]
    return []


def _body(asked: dict[str, Any]) -> list[str]:
    body = asked.get("body")
    return [] if body is None else [f"  {body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)}"]


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
