"""Groups, loops, fan-outs and runs of other workflows in a file: what they are read as, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow import decode, digest, encode, load_text
from actors.workflow.spec import Agent, Command, Foreach, Group, Need, OnFail, Parallel, Repeat, RetryPolicy, SubWorkflow
from tests.actors.workflow.samples import loaded, node, warned, wrong, wrong_node
from tests.actors.workflow.wf.texts import GOLDEN

AGENT = {"agent": "plan", "instructions": "x"}


def group(**keys: Any) -> Group:
    """The only node, which is a group of these keys."""
    found = node(**keys).action
    assert isinstance(found, Group)
    return found


def test_fl117_the_golden_text_has_the_golden_digest() -> None:
    found = load_text(GOLDEN, notation="wf", source="demo.wf", folder=None).workflow
    assert digest(found) == "f6798c120696292cd0e71b50b1aa99b39c6b2c285f3e2898e2e57b574b4b9b2d"
    assert decode(encode(found)) == found


def test_a_plain_block_holds_nodes_of_its_own() -> None:
    found = group(group=[{"id": "b", **AGENT}, {"id": "c", **AGENT, "needs": "b"}], output_schema="notes", snippets="tone")
    assert [one.node_id for one in found.nodes] == ["b", "c"]
    assert found.nodes[1].needs == (Need("b"),)
    assert (found.form, found.output_schema, found.snippets, found.word) == (None, "notes", ("tone",), "group")


@pytest.mark.parametrize("where", ["beside", "inside"])
def test_a_sequence_in_a_group_is_a_chain(where: str) -> None:
    nodes = [{"id": "b", **AGENT}, {"id": "c", **AGENT}]
    loop: dict[str, Any] = {"while": "1 == 1", "max_iterations": 2, "nodes": nodes}
    keys = {"repeat": loop, "sequence": True} if where == "beside" else {"repeat": {**loop, "sequence": True}}
    assert group(**keys).nodes[1].needs == (Need("b", "settled"),)


def test_the_list_of_a_parallel_block_may_stand_alone() -> None:
    assert group(parallel=[{"id": "b", **AGENT}]).form == Parallel()
    found = group(parallel={"fail_fast": False, "min_success": 1, "nodes": [{"id": "b", **AGENT}]})
    assert (found.form, found.word) == (Parallel(fail_fast=False, min_success=1), "parallel")


@pytest.mark.parametrize(
    ("keys", "loop"),
    [
        pytest.param({"while": 'flag("x")', "max_iterations": 0}, Repeat('flag("x")', 0), id="while"),
        pytest.param({"do_while": "1 == 1", "max_iterations": 3, "on_max_iter": "continue"},
                     Repeat("1 == 1", 3, "do_while", on_max_iter="continue"), id="do_while"),
        pytest.param({"until": "1 == 1", "max_iterations": 3, "on_max": "continue"},
                     Repeat("!(1 == 1)", 3, "do_while", on_max_iter="continue"), id="until"),
    ],
)  # fmt: skip
def test_a_loop_goes_on_while_its_condition_holds(keys: dict[str, Any], loop: Repeat) -> None:
    body = [{"id": "b", **AGENT}]
    found = loaded(inputs={"x": {"type": "boolean"}}, nodes=[{"id": "a", "repeat": {**keys, "nodes": body}}])
    action = found.nodes[0].action
    assert isinstance(action, Group)
    assert (action.form, action.word) == (loop, "repeat")
    assert decode(encode(found)) == found


def test_a_fan_out_names_a_provider_and_a_workflow() -> None:
    keys = {
        "over": "list", "workflow": "fix", "max_parallel": 0, "scope": {"values": "a, b"}, "filter": {}, "inputs": {"x": "{{ item.id }}"},
        "ordered": True, "on_cycle": "warn", "on_child_fail": "halt",
    }  # fmt: skip
    found = node(foreach=keys)
    wanted = Foreach(
        "list", "fix", 0, {"values": "a, b"}, {}, {"x": "{{ item.id }}"}, ordered=True, on_cycle="warn", on_child_fail="halt"
    )  # fmt: skip
    assert (found.action, found.kind, wanted.word) == (wanted, "group", "foreach")
    skip = node(foreach={"over": "list", "workflow": "fix", "max_parallel": 2, "on_child_fail": "skip_dependents"}).action
    assert skip == Foreach("list", "fix", 2, on_child_fail="skip_dependents")


def test_a_run_of_another_workflow_has_attempts_like_other_work() -> None:
    found = node(workflow="prepare", inputs={"ticket": "{{ run.id }}"}, retries=2, timeout="2m", **{"as": "bot"})
    assert found.action == SubWorkflow("prepare", {"ticket": "{{ run.id }}"})
    assert (found.retry, found.absolute_timeout_ms, found.as_identity) == (RetryPolicy(3, ("*",)), 120_000, "bot")


def test_an_agent_may_be_a_file() -> None:
    keys = {"snippets": ["a"], "plugin_dirs": "/opt/p", "max_turns": 40, "output_schema": "risk"}
    found = node(agent={"path": "agents/plan.md"}, **keys).action
    assert found == Agent(
        "", "", path="agents/plan.md", snippets=("a",), plugin_dirs=("/opt/p",), max_turns=40, output_schema="risk"
    )  # fmt: skip


def test_what_follows_a_failure_may_be_an_agent() -> None:
    assert node(command=["x"], on_fail={"agent": "medic"}).on_fail == OnFail("handler", Agent("medic", ""))
    assert node(command=["x"], on_fail={"agent": {"path": "a/m.md"}}).on_fail == OnFail("handler", Agent("", "", path="a/m.md"))
    said = node(command=["x"], on_fail={"persona_id": "medic", "objective": "{{ error.code }}"}).on_fail
    assert said == OnFail("handler", Agent("medic", "{{ error.code }}"))
    assert node(command=["x"], on_fail={"command": ["y"]}).on_fail == OnFail("handler", Command(("y",)))


def test_ids_follow_the_order_of_the_file_at_every_depth() -> None:
    found = loaded(
        nodes=[
            {"group": [AGENT, {"agent": "Plan"}], "when": "1 == 1"},
            {"group": [AGENT], "when": "!(1 == 2)"},
            {"group": [{"workflow": "prep"}]},
            {"parallel": [{"agent": {"path": "a/plan.md"}}]},
            {"repeat": {"while": "1 == 1", "max_iterations": 1, "nodes": [{"foreach": {"over": "x", "workflow": "y", "max_parallel": 1}}]}},
            {"repeat": {"until": "1 == 1", "max_iterations": 1, "nodes": [{"id": "plan.2", "command": ["x"]}]}},
        ],
        **{"finally": [AGENT]},
    )  # fmt: skip
    inner = [[one.node_id for one in top.action.nodes] for top in found.nodes if isinstance(top.action, Group)]
    assert [top.node_id for top in found.nodes] == ["if.1", "unless.1", "do.1", "parallel.1", "while.1", "do_while.1"]
    assert inner == [["plan", "plan.3"], ["plan.4"], ["prep"], ["plan.5"], ["foreach-x"], ["plan.2"]]
    last = found.finally_[0]
    assert (last.node_id, last.key, last.name) == ("plan.6", "plan", "plan")


def test_the_id_of_a_handler_is_taken() -> None:
    found = loaded(nodes=[{"agent": "a", "on_fail": {"agent": "m"}}, {"agent": "a.on_fail"}])
    assert [one.node_id for one in found.nodes] == ["a", "a.on_fail.2"]


def test_key_and_label_that_say_what_the_id_says_are_left_out() -> None:
    found = node(command=["x"], result_key="a", label="a")
    assert (found.result_key, found.label, found.key, found.name) == (None, None, "a", "a")
    other = node(command=["x"], result_key="A.b", label="The A")
    assert (other.key, other.name) == ("A.b", "The A")


def test_the_header_says_what_the_workflow_is_called_and_for() -> None:
    found = loaded(label="My Flow", group="Release", targets="repo", templating="flat", trigger="manual")
    assert (found.label, found.group, found.targets, found.templating) == ("My Flow", "Release", ("repo",), "flat")
    assert loaded(label="w").label is None


def test_fl08_a_trigger_that_a_file_cannot_pull_is_remarked_on() -> None:
    assert warned(trigger="pr") == [("trigger_not_active", "trigger")]


def test_retries_beyond_the_most_are_cut() -> None:
    assert warned(nodes=[{"id": "a", "command": ["x"], "retries": 12}]) == [("retries_clamped", "nodes[0].retries")]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        pytest.param({"trigger": "cron"}, [("unknown_trigger", "trigger")], id="FL07"),
        pytest.param({"templating": "jinja"}, [("templating_unknown", "templating")], id="templating"),
    ],
)
def test_a_header_with_a_wrong_key(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert wrong(**keys) == found


BODY: list[dict[str, Any]] = [{"id": "b", "command": ["x"]}]
LOOP = {"while": "1 == 1", "max_iterations": 1, "nodes": BODY}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        pytest.param({"group": BODY, "parallel": BODY}, [("group_form_conflict", "parallel")], id="two forms"),
        pytest.param({"group": BODY, "command": ["x"]}, [("node_kind_ambiguous", "group")], id="two kinds"),
        pytest.param({"group": 5}, [("value_type", "group")], id="no list"),
        pytest.param({"group": [5]}, [("value_type", "group[0]")], id="no node"),
        pytest.param({"kind": "group"}, [("key_missing", "")], id="no nodes"),
        pytest.param({"parallel": {"nodes": []}}, [("parallel_requires_call", "parallel")], id="FL20"),
        pytest.param({"parallel": {"nodes": BODY, "min_success": 2}}, [("min_success_out_of_range", "parallel.min_success")], id="most"),
        pytest.param({"parallel": {"nodes": BODY, "min_success": "a"}}, [("invalid_min_success", "parallel.min_success")], id="least"),
        pytest.param({"parallel": {"nodes": BODY, "sequence": True}}, [("key_unknown", "parallel.sequence")], id="sequence"),
        pytest.param({"repeat": {"nodes": BODY, "while": "1 == 1"}}, [("loop_requires_max_iterations", "repeat")], id="FL18"),
        pytest.param({"repeat": {"nodes": BODY, "max_iterations": 1}}, [("loop_condition_missing", "repeat")], id="no condition"),
        pytest.param({"repeat": LOOP | {"until": "1 == 1"}}, [("loop_condition_conflict", "repeat.until")], id="two conditions"),
        pytest.param({"repeat": LOOP | {"max_iterations": -1}}, [("invalid_max_iterations", "repeat.max_iterations")], id="turns"),
        pytest.param({"repeat": LOOP | {"stuck_after": 1}}, [("invalid_stuck_after", "repeat.stuck_after")], id="FL141"),
        pytest.param({"repeat": LOOP | {"stuck_after": 2}}, [("invalid_stuck_after", "repeat.while")], id="no marker"),
        pytest.param({"repeat": LOOP | {"on_max_iter": "stop"}}, [("invalid_on_max_iter", "repeat.on_max_iter")], id="end"),
        pytest.param({"repeat": LOOP | {"while": "1 +"}}, [("condition_syntax", "repeat.while")], id="syntax"),
        pytest.param({"repeat": LOOP | {"while": "nodes.b.output == 1"}}, [("reference_unknown", "repeat.while")], id="too early"),
        pytest.param({"repeat": LOOP | {"times": 3}}, [("key_unknown", "repeat.times")], id="unknown key"),
        pytest.param({"group": BODY, "retry": {"max_attempts": 2}}, [("key_unknown", "retry")], id="no attempts"),
        pytest.param({"foreach": {"over": "x", "workflow": "y"}}, [("foreach_missing_key", "foreach")], id="FL21"),
        pytest.param({"foreach": 5}, [("value_type", "foreach")], id="no mapping"),
        pytest.param({"workflow": "Not An Id"}, [("id_invalid", "workflow")], id="no id"),
        pytest.param({"workflow": "y", "inputs": {"a": 1}}, [("value_type", "inputs.a")], id="no text"),
        pytest.param({"workflow": "y", "artifact": "a.md"}, [("key_unknown", "artifact")], id="no artifact"),
        pytest.param({"agent": {"path": "../a.md"}}, [("agent_path_traversal", "agent")], id="FL03"),
        pytest.param({"agent": {"file": "a.md"}}, [("key_missing", "agent"), ("key_unknown", "agent.file")], id="no path"),
        pytest.param({"agent": "a", "persona_path": "b.md"}, [("key_spelled_twice", "agent")], id="name and file"),
        pytest.param({"agent": "a b"}, [("id_invalid", "agent")], id="no name"),
        pytest.param({"agent": "a", "max_turns": 0}, [("invalid_max_turns", "max_turns")], id="no turns"),
        pytest.param({"command": ["x"], "retries": 1, "retry": {}}, [("key_spelled_twice", "retries")], id="retries twice"),
        pytest.param({"command": ["x"], "retries": -1}, [("invalid_retries", "retries")], id="retries"),
        pytest.param({"command": ["x"], "label": "a\nb"}, [("value_type", "label")], id="label"),
        pytest.param({"command": ["x"], "on_fail": {"agent": "Bad Name"}}, [("id_invalid", "on_fail.agent")], id="handler"),
    ],
)  # fmt: skip
def test_a_node_of_control_flow_with_a_wrong_key(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert wrong_node(**keys) == found


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("ordered", "yes", "invalid_ordered"), ("on_cycle", "stop", "invalid_on_cycle"), ("on_child_fail", "stop", "invalid_on_child_fail"),
        ("scope", "x", "foreach_not_a_map"), ("filter", [], "foreach_not_a_map"), ("inputs", 5, "foreach_not_a_map"),
        ("max_parallel", "many", "invalid_max_parallel"), ("workflow", "No Id", "id_invalid"),
    ],
)  # fmt: skip
def test_a_fan_out_with_a_wrong_key(key: str, value: Any, code: str) -> None:
    assert wrong_node(foreach={"over": "x", "workflow": "y", "max_parallel": 1, key: value}) == [(code, f"foreach.{key}")]
