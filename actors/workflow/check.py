"""The rules that need the whole workflow: ids, edges, cycles, targets of rework, names of schemas. Knows no notation."""

from __future__ import annotations

from typing import Final

from actors.workflow.check_agents import check_agent
from actors.workflow.check_gates import check_gate
from actors.workflow.check_references import check_references
from actors.workflow.check_texts import check_texts
from actors.workflow.check_triggers import check_triggers
from actors.workflow.drafts import Draft
from actors.workflow.exhaustion import TerminalBehavior
from actors.workflow.graph import Graph, find_cycles
from actors.workflow.problems import Report
from actors.workflow.reach import ChildKeys, Reach, anything
from actors.workflow.read_workflow import Reading
from actors.workflow.spec import Condition, Gate, Node, Wait

__all__ = ["MAX_EDGES", "check_workflow"]

MAX_EDGES: Final = 10_000


def check_workflow(report: Report, reading: Reading, child_keys: ChildKeys = anything) -> None:
    """Add everything that is wrong to the report. `child_keys` knows of workflows what their runs leave."""
    body, tail = ([draft for top in drafts for draft in top.inside()] for drafts in (reading.nodes, reading.finally_))
    every = [*body, *tail]
    _check_ids(report, every)
    edges = sum(len(draft.node.needs) for draft in every)
    if edges > MAX_EDGES:
        message = f"The workflow has {edges} edges (needs), and at most {MAX_EDGES} are taken. Split it."
        report.add("too_many_edges", reading.form.at("nodes", "flow"), message, found=edges, allowed=[f"≤ {MAX_EDGES}"])
        return
    known = {draft.node.node_id for draft in every}
    for drafts in (reading.nodes, reading.finally_, *(draft.children for draft in every if draft.children)):
        _check_list(report, drafts, known)
    main = Reach.of(reading.nodes, child_keys)
    reaches = main, Reach.of(reading.finally_, child_keys, main.every)
    for draft in every:
        _check_schema_name(report, draft, reading)
        check_agent(report, draft, reading.workflow.personas)
        _check_bindings(report, draft, known)
        check_texts(report, draft, flat=reading.workflow.templating == "flat")
    _check_tail(report, tail)
    for draft in body:
        check_gate(report, draft, main)
    check_references(report, reading, *reaches)
    check_triggers(reading.form, reading.workflow)


def _check_tail(report: Report, drafts: list[Draft]) -> None:
    """Clean-up waits for nobody, and fails no run."""
    for draft in drafts:
        if isinstance(draft.node.action, Gate | Wait):
            word = draft.node.kind
            message = f"A {word} cannot stand under finally: clean-up waits for nobody. Put it among the nodes, before what it guards."
            report.add(f"{word}_in_finally", draft.form.at(word), message, found=draft.node.node_id)
        if draft.node.retry.terminal_behavior != TerminalBehavior():
            message = "Clean-up fails no run, so nothing follows its last attempt. Take terminal_behavior out."
            report.add("terminal_behavior_in_finally", draft.form.at("retry", "retry_policy"), message, found=draft.node.node_id)


def _check_ids(report: Report, drafts: list[Draft]) -> None:
    first: dict[str, Draft] = {}
    for draft in drafts:
        known = first.setdefault(draft.node.node_id, draft)
        if known is not draft:
            line, column = report.place(known.form.at("id", "node_id"))
            message = f'The id "{draft.node.node_id}" is taken by the node at line {line}, column {column}. Choose another.'
            report.add("node_id_duplicate", draft.form.at("id", "node_id"), message, found=draft.node.node_id)
    for draft in drafts:
        handler = f"{draft.node.node_id}.on_fail"
        if draft.node.on_fail.mode == "handler" and handler in first:
            message = f'"{handler}" is the id of this node\'s failure handler, and another node has it. Rename that node.'
            report.add("node_id_duplicate", draft.form.at("on_fail"), message, found=handler)


def _check_list(report: Report, drafts: list[Draft], known: set[str]) -> None:
    """Edges and cycles of one list. Of nodes with one id, the first counts."""
    by_id: dict[str, Draft] = {}
    for draft in drafts:
        by_id.setdefault(draft.node.node_id, draft)
    for draft in drafts:
        for need in draft.node.needs:
            if need.node not in by_id:
                advice = "It stands in another one." if need.node in known else report.similar(need.node, by_id).strip()
                message = f'"{need.node[:80]}" is no node of this list. {advice} Name a node of the same list.'.replace("  ", " ")
                report.add("need_unknown", draft.form.at("needs"), message, found=need.node, allowed=tuple(by_id)[:50])
    cycles, behind = find_cycles(Graph.of(draft.node for draft in by_id.values()))
    for cycle in cycles:
        way = " → ".join((*cycle, cycle[0]))
        message = f"These nodes need each other, so that none could ever start: {way}. Take one of the edges out."
        report.add("flow_cycle", by_id[cycle[0]].form.at("needs"), message, found=way)
    for node_id in behind:
        message = f'"{node_id}" can never start: all that leads to it is a cycle. Repair the cycle, or its needs.'
        report.add("node_unreachable", by_id[node_id].form.at("needs"), message, found=node_id)


def _check_bindings(report: Report, draft: Draft, known: set[str]) -> None:
    needed = {need.node for need in draft.node.needs}
    for path, node_id in draft.bindings:
        if node_id not in known:
            message = f'There is no node "{node_id[:80]}".{report.similar(node_id, known)} Name one that this node needs.'
            report.add("wait_binding_unknown_node", path, message, found=node_id, allowed=sorted(needed)[:50])
        elif node_id not in needed:
            message = f'"{node_id}" stands not in "needs", so its output may not be there. Add it.'
            report.add("wait_binding_not_dependency", path, message, found=node_id, allowed=sorted(needed)[:50])


def _check_schema_name(report: Report, draft: Draft, reading: Reading) -> None:
    schemas = reading.workflow.schemas
    for name, key in _schema_names(draft.node):
        if name is None or name in schemas:
            continue
        message = f'There is no schema "{name[:80]}".{report.similar(name, schemas)} Add it under schemas.'
        report.add("schema_unknown", draft.form.at(key, "gate"), message, found=name, allowed=sorted(schemas)[:50])


def _schema_names(node: Node) -> list[tuple[str | None, str]]:
    """The schemas that a node names, each with the key under which it does."""
    found = [(node.artifact.schema if node.artifact else None, "artifact"), (node.contract.schema if node.contract else None, "contract")]
    if isinstance(node.action, Wait) and isinstance(node.action.on, Condition):
        found.append((node.action.on.schema, "wait"))
    if isinstance(node.action, Gate) and isinstance(node.action.schema, str):
        found.append((node.action.schema, "schema"))
    return found
