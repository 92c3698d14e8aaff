from __future__ import annotations

from typing import Any

from tests.actors.workflow.samples import NODE, problems, wrong


def nodes(**edges: str) -> list[dict[str, Any]]:
    """Nodes of one letter each; the letters are what they need."""
    return [{"id": name, "command": ["x"], "needs": list(needs)} for name, needs in edges.items()]


def test_two_nodes_with_one_id_are_refused_across_both_lists() -> None:
    assert wrong(nodes=[NODE, NODE]) == [("node_id_duplicate", "nodes[1].id")]
    assert wrong(nodes=[NODE], **{"finally": [NODE]}) == [("node_id_duplicate", "finally[0].id")]


def test_the_id_of_a_failure_handler_is_taken_too() -> None:
    listed = [{**NODE, "on_fail": {"command": ["x"]}}, {**NODE, "id": "a.on_fail"}]
    assert wrong(nodes=listed) == [("node_id_duplicate", "nodes[0].on_fail")]
    assert wrong(nodes=[{**NODE, "on_fail": "continue"}, {**NODE, "id": "a.on_fail"}]) == []


def test_a_need_names_a_node_of_the_same_list() -> None:
    assert wrong(nodes=nodes(a="z")) == [("need_unknown", "nodes[0].needs")]
    assert wrong(nodes=[NODE], **{"finally": [{**NODE, "id": "z", "needs": ["a"]}]}) == [("need_unknown", "finally[0].needs")]


def test_an_unknown_need_hints_at_the_nearest_node() -> None:
    (problem,) = problems("workflow: w\nnodes:\n- {id: draft, command: [x]}\n- {id: b, command: [x], needs: [drafts]}\n")
    assert 'Did you mean "draft"?' in problem.message
    assert (problem.line, problem.found) == (4, '"drafts"')


def test_a_cycle_is_refused_with_its_way() -> None:
    (problem,) = problems("workflow: w\nnodes:\n" + "".join(f"- {{id: {a}, command: [x], needs: [{b}]}}\n" for a, b in ("ac", "ba", "cb")))
    assert problem.code == "flow_cycle"
    assert problem.found == '"a → c → b → a"'


def test_what_only_a_cycle_leads_to_is_unreachable() -> None:
    assert wrong(nodes=nodes(a="a", b="a", c="")) == [("flow_cycle", "nodes[0].needs"), ("node_unreachable", "nodes[1].needs")]


def test_cycles_in_the_last_list_count_too() -> None:
    assert wrong(nodes=[NODE], **{"finally": nodes(x="y", y="x")}) == [("flow_cycle", "finally[0].needs")]


def test_a_schema_is_named_before_it_is_used() -> None:
    listed = [{**NODE, "artifact": {"path": "a", "schema": "notes"}}]
    assert wrong(nodes=listed, schemas={"note": True}) == [("schema_unknown", "nodes[0].artifact")]
    assert wrong(nodes=listed, schemas={"notes": True}) == []


def test_a_thousand_wide_graph_is_checked_in_one_go() -> None:
    wide = [{"id": f"n{i}", "command": ["x"]} for i in range(999)]
    assert wrong(nodes=[*wide, {"id": "z", "command": ["x", "{{ nodes.n7.output }}"], "needs": [node["id"] for node in wide]}]) == []
