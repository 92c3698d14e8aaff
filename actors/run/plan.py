"""A pinned workflow version, prepared once for all its runs: its graphs, its handlers, which gates guard which nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from attrs import frozen

from actors.run.frontier import SortKey
from actors.run.mission import Mission, mission_of
from actors.run.nest import flatten, nest_of
from actors.workflow.callees import calls_of
from actors.workflow.condition import compile_condition
from actors.workflow.graph import Graph
from actors.workflow.handles import handles_of
from actors.workflow.outfits import Outfit, outfits_of
from actors.workflow.spec import (
    Agent,
    Command,
    Condition,
    Foreach,
    Gate,
    Group,
    Http,
    Node,
    Repeat,
    Shell,
    SubWorkflow,
    Timer,
    Wait,
    Webhook,
    Workflow,
)  # fmt: skip
from actors.workflow.spec_http import header_secret
from actors.workflow.template import references
from actors.workflow.walk import handler_id

__all__ = ["Plan", "Section", "compile_plan", "handler_id"]

Section = Literal["body", "finally", "handler"]


@frozen(eq=False)
class Plan:
    """`nodes` holds every node of the version by id, at whatever depth: groups, what stands in them, clean-up and failure handlers.

    `parent` is the group around a node (none: it is missing), `children` what stands directly in a group, `inside` all that does at any
    depth. `blocks` names the nearest parallel block around a node, `keepers` the nearest group that takes a failure of the node upon
    itself. `loops` are the groups that repeat, `loops_around` those around a node, outermost first.

    `guards`: the gates before a node, nearest first. `eager`: nodes that are looked at as soon as they are ready, without taking a place
    among the attempts at once. `reads`: whose results a node's texts name. `speaks`: which variables, where placeholders are
    paths (the empty name: all). `waits`: whether a node waits, `webhooks`: for one of these.
    `resolvers`: whether a gate asks one. `mission`: what the metadata ask for beside needs.
    `calls`: the workflows whose runs its nodes begin, sorted. `fan_outs`: the nodes that are a for-each.
    `outfits`: what the agents are given by themselves and the blocks around them.
    `agents`: whether a node is an agent's. `judged`: the nodes of the body whose contract has a schema, in flow order.
    `secrets`: the handles of all that its steps are given.
    """

    workflow: Workflow
    digest: str
    nodes: dict[str, Node]
    section: dict[str, Section]
    body: Graph
    tail: Graph
    parent: dict[str, str]
    children: dict[str, tuple[str, ...]]
    inside: dict[str, tuple[str, ...]]
    blocks: dict[str, str]
    keepers: dict[str, str]
    loops: frozenset[str]
    loops_around: dict[str, tuple[str, ...]]
    guards: dict[str, tuple[str, ...]]
    sort_keys: dict[str, SortKey]
    eager: frozenset[str]
    reads: dict[str, frozenset[str]]
    speaks: dict[str, frozenset[str]]
    waits: bool
    webhooks: bool
    resolvers: bool
    agents: bool
    judged: tuple[str, ...]
    outfits: dict[str, Outfit]
    calls: tuple[str, ...]
    fan_outs: dict[str, Foreach]
    secrets: tuple[str, ...]
    mission: Mission

    def is_handler(self, node_id: str) -> bool:
        """Whether the node is the failure handler of another."""
        return self.section[node_id] == "handler"


def _guards(nodes: dict[str, Node], parent: dict[str, str], node: Node) -> tuple[str, ...]:
    found: dict[str, None] = {}
    todo = [need.node for need in node.needs]
    group = parent.get(node.node_id)
    while group is not None:  # a gate before a group stands before all that is in it
        todo += [need.node for need in nodes[group].needs]
        group = parent.get(group)
    while todo:
        other = todo.pop(0)
        if other not in found and isinstance(nodes[other].action, Gate):
            found[other] = None
            todo.extend(need.node for need in nodes[other].needs)
    return tuple(found)


def _texts(node: Node) -> list[object]:
    """All in the node that may hold placeholders, as JSON values."""
    texts: list[object] = [dict(node.with_), node.timeout_text, node.idle_timeout_text]
    match node.action:
        case Command(argv=argv, env=env, stdin=stdin):
            texts += [list(argv), dict(env), stdin]
        case Shell(run=run, env=env):
            texts += [run, dict(env)]
        case Http(url=url, headers=headers, body=body):
            texts += [url, {name: text for name, text in headers.items() if header_secret(text) is None}, body]
        case SubWorkflow(inputs=inputs):
            texts.append(dict(inputs))
        case Foreach(inputs=inputs, scope=scope, filter=wanted):
            texts += [dict(inputs), dict(scope or {}), dict(wanted or {})]
        case Agent(instructions=instructions):
            texts.append(instructions)
        case Gate(prompt=prompt, options=options, timeout_text=timeout):
            texts += [prompt, timeout, [option.label for option in options] if isinstance(options, tuple) else None]
        case Wait(on=on, timeout_text=timeout):
            texts += [timeout, *_texts_of(on)]
    if node.artifact is not None:
        texts.append(node.artifact.path)
    return texts


def _texts_of(on: Timer | Condition | Webhook) -> tuple[str | None, ...]:
    if isinstance(on, Timer):
        return on.wake_at, on.delay_text
    return (on.key if isinstance(on, Condition) else on.value,)


def _conditions(node: Node) -> Iterator[str | None]:
    yield node.when
    match node.action:
        case Gate(check=check):
            yield check
        case Group(form=Repeat(condition=condition)):
            yield condition


def _lookups(node: Node, *, flat: bool) -> list[tuple[str | int, ...]]:
    """The paths that its texts and its conditions name. Flat texts name none."""
    found: list[tuple[str | int, ...]] = [] if flat else [lookup.path for lookup in references(_texts(node))]
    for text in _conditions(node):
        found += [reference.path for reference in compile_condition(text).references] if text is not None else []
    return found


def _named(lookups: Iterable[tuple[str | int, ...]], root: str) -> frozenset[str]:
    """What stands directly under the root; the empty name for the root as a whole."""
    return frozenset(str(path[1]) if len(path) > 1 else "" for path in lookups if path[0] == root)


def _is_eager(node: Node) -> bool:
    return node.when is not None or isinstance(node.action, Gate | Wait | Group | Foreach)


def compile_plan(workflow: Workflow, digest: str) -> Plan:
    """Prepare `workflow`, whose version digest is `digest`."""
    body, tail = flatten(workflow.nodes), flatten(workflow.finally_)
    nodes = {node.node_id: node for node in body + tail}
    section: dict[str, Section] = {node.node_id: "body" for node in body}
    section.update((node.node_id, "finally") for node in tail)
    nest = nest_of(nodes.values())
    for node in tuple(nodes.values()):
        if node.on_fail.handler is not None:
            handler = Node(node_id=handler_id(node.node_id), action=node.on_fail.handler, title=f"after failure of {node.node_id}")
            nodes[handler.node_id] = handler
            section[handler.node_id] = "handler"
    mission = mission_of(workflow)
    lookups = {node_id: _lookups(node, flat=workflow.templating == "flat") for node_id, node in nodes.items()}
    guards = {node.node_id: found for node in body if (found := _guards(nodes, nest.parent, node))}
    flow = Graph.of(body, {node.node_id: nest.parent[node.node_id] for node in body if node.node_id in nest.parent})
    return Plan(
        workflow=workflow,
        digest=digest,
        nodes=nodes,
        section=section,
        body=flow,
        tail=Graph.of(tail, {node.node_id: nest.parent[node.node_id] for node in tail if node.node_id in nest.parent}),
        parent=nest.parent,
        children=nest.children,
        inside=nest.inside,
        blocks=nest.blocks,
        keepers=nest.keepers,
        loops=nest.loops,
        loops_around=nest.loops_around,
        guards=guards,
        sort_keys={node_id: (-node.priority, nest.places.get(node_id, node_id), node_id) for node_id, node in nodes.items()},
        eager=frozenset(node_id for node_id, node in nodes.items() if _is_eager(node) or (mission.triage and section[node_id] == "body")),
        reads={node_id: _named(paths, "nodes") - {""} for node_id, paths in lookups.items()},
        speaks={node_id: names for node_id, paths in lookups.items() if (names := _named(paths, "vars"))},
        waits=any(isinstance(node.action, Wait) for node in body),
        webhooks=any(isinstance(node.action, Wait) and isinstance(node.action.on, Webhook) for node in body),
        resolvers=any(isinstance(node.action, Gate) and node.action.resolved for node in body),
        outfits=outfits_of(workflow),
        agents=any(isinstance(node.action, Agent) for node in nodes.values()),
        judged=tuple(node_id for node_id in flow.order if (made := nodes[node_id].contract) is not None and made.schema is not None),
        fan_outs={node_id: node.action for node_id, node in nodes.items() if isinstance(node.action, Foreach)},
        calls=calls_of(workflow),
        secrets=handles_of(nodes.values()),
        mission=mission,
    )
