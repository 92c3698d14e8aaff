"""What a run is begun with that a node makes: inputs and a limit of time, filled in for the attempt that it is."""

from __future__ import annotations

import pytest

from actors.run.schedule import next_look_ms
from actors.sub_run.wanted import wish_for
from tests.actors.sub_run.paper import ONE, Parent, parent


def test_run_attempt_in_its_inputs_is_the_attempt_that_the_child_is() -> None:
    made = parent("b retry: {max_attempts: 2}", calls={"b": {"n": "{{ run.attempt }}"}})
    made.child(1, "failed")
    assert made.inputs == ['{"n":1}', '{"n":2}']


def limited(limit: str, more: str = "") -> Parent:
    made = parent("a", f"b needs: [a], timeout: '{{{{ nodes.a.output.limit }}}}'{more}", "c needs: [b]", calls=ONE)
    made.story.ok("a", {"limit": limit})
    return made


def test_a_limit_that_is_a_text_is_filled_in_when_the_child_begins_and_holds_for_it() -> None:
    made = limited("2s")
    state = made.story.state
    began = made.story.now
    assert next_look_ms(state, made.story.rules, began) == began + 2_000
    made.story.wait(2_000)
    wish = wish_for(state, state.children["child-1"], made.story.now)
    assert (wish.word, wish.reason) == ("cancel", "timeout")
    assert made.child(1, "cancelled") == ["sub_run_ended", "fail b node_absolute_timeout attempts_exhausted", "run_failed nodes_failed"]
    error = state.nodes["b"].error
    assert error is not None
    assert error.detail["after_ms"] == 2_000


@pytest.mark.parametrize(("more", "after"), [
    ("", {"b": "failed", "c": "pending"}), (", on_fail: continue", {"b": "skipped", "c": "running"}),
], ids=["fails", "goes-on"])  # fmt: skip
def test_where_it_comes_to_no_duration_no_child_is_made(more: str, after: dict[str, str]) -> None:
    made = limited("soon", more)
    statuses = made.story.statuses()
    assert {name: statuses[name] for name in after} == after
    assert (made.inputs, made.story.also, made.story.state.nodes["b"].attempt) == ([], [], 0)
    error = made.story.state.nodes["b"].error
    assert error is not None
    assert error.code == "invalid_duration"
