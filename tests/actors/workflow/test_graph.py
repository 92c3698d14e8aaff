from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.graph import Graph, find_cycles
from actors.workflow.spec import Command, Need, Node


def graph(edges: dict[str, str]) -> Graph:
    """A graph of one-letter ids: `{"b": "a"}` means that b needs a."""
    return Graph.of(Node(name, Command(("true",)), needs=tuple(Need(need) for need in needs)) for name, needs in edges.items())


def test_order_and_index_are_those_of_the_file() -> None:
    made = graph({"c": "", "a": "c", "b": "ca"})
    assert made.order == ("c", "a", "b")
    assert dict(made.index) == {"c": 0, "a": 1, "b": 2}
    assert made.entries == ("c",)
    assert made.dependents == {"c": ("a", "b"), "a": ("b",), "b": ()}


def test_an_edge_to_an_unknown_id_is_left_out() -> None:
    made = graph({"a": "x", "b": "a"})
    assert made.entries == ("a",)
    assert made.needs["a"] == ()


def test_descendants_come_in_the_order_of_the_file() -> None:
    made = graph({"z": "", "c": "b", "b": "z", "a": "z", "q": ""})
    assert made.descendants(["z"]) == ["c", "b", "a"]
    assert made.descendants(["c", "q"]) == []


def test_ancestors_reach_through_others() -> None:
    made = graph({"a": "", "b": "a", "c": "b", "d": ""})
    assert made.ancestors("c") == {"a", "b"}
    assert made.ancestors("d") == set()


def test_a_cycle_names_its_ids_along_the_way() -> None:
    cycles, behind = find_cycles(graph({"a": "c", "b": "a", "c": "b", "d": "c", "e": ""}))
    assert cycles == [("a", "c", "b")]
    assert behind == ["d"]


def test_a_node_that_needs_itself_is_a_cycle_of_one() -> None:
    assert find_cycles(graph({"a": "a"})) == ([("a",)], [])


def test_each_knot_is_reported_once() -> None:
    cycles, behind = find_cycles(graph({"a": "b", "b": "ac", "c": "b", "x": "y", "y": "x"}))
    assert [set(cycle) for cycle in cycles] == [{"a", "b"}, {"x", "y"}]
    assert behind == []


def test_what_lies_between_two_cycles_is_only_behind_one() -> None:
    cycles, behind = find_cycles(graph({"a": "a", "m": "a", "z": "mz"}))
    assert cycles == [("a",), ("z",)]
    assert behind == ["m"]


def test_a_chain_of_two_thousand_nodes_needs_no_stack() -> None:
    nodes = [Node(f"n{i}", Command(("true",)), needs=(Need(f"n{i - 1}"),) if i else ()) for i in range(2_000)]
    made = Graph.of(nodes)
    assert len(made.descendants(["n0"])) == 1_999
    assert len(made.ancestors("n1999")) == 1_999
    assert made.all_ancestors()["n1999"].bit_count() == 1_999
    assert find_cycles(made) == ([], [])


def test_a_cycle_of_two_thousand_nodes_is_found() -> None:
    nodes = [Node(f"n{i}", Command(("true",)), needs=(Need(f"n{(i - 1) % 2_000}"),)) for i in range(2_000)]
    cycles, behind = find_cycles(Graph.of(nodes))
    assert len(cycles) == 1
    assert len(cycles[0]) == 2_000
    assert behind == []


@given(st.dictionaries(st.sampled_from("abcdef"), st.text("abcdef", max_size=3)))
def test_bits_agree_with_ancestors_wherever_there_is_no_cycle(edges: dict[str, str]) -> None:
    made = graph(edges)
    bits = made.all_ancestors()
    cycles, behind = find_cycles(made)
    stuck = {name for cycle in cycles for name in cycle} | set(behind)
    assert bool(stuck) == (len(made.sorted()) < len(edges))
    for name in made.sorted():
        assert {other for other in made.order if bits[name] >> made.index[other] & 1} == made.ancestors(name)
    for name in set(made.order) - set(made.sorted()):
        assert stuck & ({name} | made.ancestors(name))
