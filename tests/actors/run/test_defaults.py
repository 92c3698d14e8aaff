"""What a start request says for all nodes of its run, on paper: who has it, whose own word comes first, and what runs below inherit."""

from __future__ import annotations

import pytest

from actors.config.identities import Identity
from actors.node.orders import AgentOrder, CommandOrder
from actors.run.defaults import NO_DEFAULTS, Defaults
from actors.run.orders import Folders, work_order
from actors.run.view import run_json
from actors.settings import RunRules
from tests.actors.run.table import Story, flow

GIVEN = Defaults("bot", ("/opt/a", "/opt/b"), "m")
IDENTITIES = {name: Identity(name, {"WHO": name}) for name in ("default", "bot", "own")}


def begun(*nodes: str) -> Story:
    story = Story.of(*nodes, rules=RunRules(identities=IDENTITIES, resolver_types=frozenset({"pr_review"})))
    story.state.defaults = GIVEN
    story.claim()
    return story


def ordered(story: Story, node_id: str) -> object:
    order = work_order(story.state, node_id, Folders("/data/run-1", "/work"), story.rules)
    return getattr(order, "action", order)


def test_a_script_works_as_its_run_unless_it_says_more() -> None:
    story = begun("a shell: 'say', as: own", "b shell: 'say'", "c shell: 'say', as: default")
    scripts = [ordered(story, node_id) for node_id in "abc"]
    assert [one.script.provided for one in scripts if isinstance(one, CommandOrder) and one.script] == [
        {"WHO": "own"}, {"WHO": "bot"}, {"WHO": "default"},
    ]  # fmt: skip


def test_an_agent_has_the_folders_of_its_run_before_its_own_and_each_once() -> None:
    story = begun("a agent: x, as: own, plugin_dirs: [/opt/c, /opt/b]", "b agent: x")
    agents = [one for node_id in "ab" if isinstance(one := ordered(story, node_id), AgentOrder)]
    assert [(one.identity, one.plugin_dirs) for one in agents] == [("own", ("/opt/a", "/opt/b", "/opt/c")), ("bot", ("/opt/a", "/opt/b"))]


@pytest.mark.parametrize(("more", "identity"), [("", "bot"), (", as: own", "own")], ids=["run", "node"])
def test_a_gate_is_resolved_under_the_name_of_its_run(more: str, identity: str) -> None:
    story = begun(f"g gate: pr_review{more}")
    [append] = story.once
    assert f'"as_identity":"{identity}"'.encode() in append.events[0].data


@pytest.mark.parametrize(
    ("node", "identity"),
    [
        ("a workflow: w", "bot"),
        ("a workflow: w, as: own", "own"),
        ("a foreach: {over: list, workflow: w, scope: {values: x}, max_parallel: 1}, as: own", None),
    ],
    ids=["inherited", "own", "items"],
)
def test_what_runs_below_inherit(node: str, identity: str | None) -> None:
    assert GIVEN.below(flow(node).nodes[0]) == Defaults(identity, ("/opt/a", "/opt/b"), "m")
    assert NO_DEFAULTS.below(flow("a workflow: w").nodes[0]) == NO_DEFAULTS


def test_the_record_tells_what_was_said_and_nothing_else() -> None:
    record = run_json(begun("a").state)
    assert (record["as_identity"], record["plugin_dirs"], record["model"]) == ("bot", ["/opt/a", "/opt/b"], "m")
    assert {"as_identity", "plugin_dirs", "model"}.isdisjoint(run_json(Story.begun("a").state))
