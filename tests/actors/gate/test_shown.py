"""What a decider is shown, its digest, and how long an approval for it holds."""

from __future__ import annotations

from typing import Any

from actors.gate.shown import artifacts_before, digest_of_shown, shown_at
from actors.refusals import Principal
from actors.run.evidence import gates_to_check
from storage.codec import canonical
from tests.actors.run.table import HASH, Story

GOLDEN = "786d50af4ef7b0f5b6113f319bce9ce2d4dbb54409ccb2c67a8e961aad41c463"
NOTES = (
    "draft artifact: notes.json",
    'ask gate: human_approval, needs: [draft], prompt: "Publish these notes?", options: {now: "Publish now"}',
    "publish command: [cp, notes.json, /srv/notes/], needs: [ask]",
)
INPUTS = "inputs: {since: {type: string}}"


def asked() -> Story:
    story = Story.begun(*NOTES, top=INPUTS, inputs={"since": "v1"})
    story.ok("draft", file="notes.json")
    return story


def test_the_golden_digest_of_what_is_shown() -> None:
    gate = asked().state.open_gates["ask"]
    assert gate.shown_digest == digest_of_shown(gate.shown) == GOLDEN
    assert canonical(gate.shown).decode() == (
        f'{{"artifacts":[{{"node_id":"draft","path":"notes.json","sha256":"{HASH}"}}],'
        '"commands":[{"node_id":"publish","text":"cp notes.json /srv/notes/"}],"inputs":{"since":"v1"},'
        '"options":[{"label":"Publish now","value":"now"}],"prompt":"Publish these notes?"}'
    )


def test_an_approval_for_the_same_bytes_lets_the_next_node_start() -> None:
    story = asked()
    assert story.decide("approve", "ask", shown_digest=GOLDEN) == ["decide ask approve", "done ask"]
    assert story.claim() == ["run_execution_claimed", "start publish"]


def test_bytes_that_changed_before_the_approval_was_used_ask_again() -> None:
    story = asked()
    story.decide("approve")
    story.evidence = {"draft": "ff" * 32}
    assert story.claim() == ["run_execution_claimed", "reopen ask", "ask ask @2", "run_awaiting_approval"]
    assert story.statuses() == {"draft": "completed", "ask": "waiting", "publish": "pending"}


def test_bytes_that_changed_before_the_decision_ask_again_and_refuse_it() -> None:
    story = asked()
    story.evidence = {"draft": None}
    assert story.decide("approve") == ["reopen ask", "ask ask @2"]
    assert (story.code, story.state.open_gates["ask"].instance) == ("gate_shown_changed", 2)
    assert story.decide("approve") == ["decide ask approve", "done ask"]


def test_a_digest_that_is_not_the_shown_one_is_refused_without_asking_again() -> None:
    story = asked()
    assert story.decide("approve", shown_digest="00" * 32) == []
    assert (story.code, story.state.open_gates["ask"].instance) == ("gate_shown_changed", 1)


def test_an_approval_holds_for_artifacts_before_gates_before_it_too() -> None:
    story = Story.begun(
        "draft artifact: a.txt", "g1 gate: human_approval, needs: [draft]", "g2 gate: human_approval, needs: [g1]", "x needs: [g2]"
    )
    story.ok("draft", file="a.txt")
    story.decide("approve", "g1")
    story.claim()
    assert artifacts_before(story.state, "g2") == [("draft", "a.txt")]
    story.evidence = {"draft": "00" * 32}
    assert story.decide("approve", "g2") == ["reopen g2", "ask g2 @2"]
    assert story.decide("approve", "g2") == ["decide g2 approve", "done g2"]
    assert story.claim() == ["run_execution_claimed", "reopen g1", "ask g1 @2", "run_awaiting_approval"]
    assert story.state.nodes["g2"].status == "pending"


def test_a_gate_whose_own_approval_is_void_is_not_opened() -> None:
    story = Story.begun("draft artifact: a.txt", "g1 gate: human_approval, needs: [draft]", "g2 gate: human_approval, needs: [g1]")
    story.ok("draft", file="a.txt")
    story.decide("approve", "g1")
    story.evidence = {"draft": "00" * 32}
    assert story.claim() == ["run_execution_claimed", "reopen g1", "ask g1 @2", "run_awaiting_approval"]


def test_a_wait_behind_an_approval_that_is_void_is_not_opened() -> None:
    story = Story.begun("draft artifact: a.txt", "g1 gate: human_approval, needs: [draft]", "nap wait: {timer: 1s}, needs: [g1]")
    story.ok("draft", file="a.txt")
    story.decide("approve", "g1")
    story.evidence = {"draft": "00" * 32}
    assert story.claim() == ["run_execution_claimed", "reopen g1", "ask g1 @2", "run_awaiting_approval"]
    assert story.state.waits == {}


def test_a_second_attempt_does_not_ask_for_the_approval_again() -> None:
    story = Story.begun("draft artifact: a.txt", "ask gate: human_approval, needs: [draft]", "x needs: [ask], retry: {max_attempts: 2}")
    story.ok("draft", file="a.txt")
    story.decide("approve")
    story.claim()
    story.evidence = {"draft": "00" * 32}
    assert story.fail("x") == ["fail x boom retry_allowed", "start x.2"]


def test_texts_that_name_the_runs_status_do_not_void_an_approval() -> None:
    story = Story.begun("ask gate: human_approval, prompt: 'It is {{ run.status }}'", "x command: [say, '{{ run.status }}'], needs: [ask]")
    assert story.state.open_gates["ask"].shown["prompt"] == "It is running"
    assert story.decide("approve") == ["decide ask approve", "done ask"]
    assert story.claim() == ["run_execution_claimed", "start x"]


def test_commands_are_shown_rendered_and_quoted_python_is_not_shown() -> None:
    story = Story.begun(
        "a", "ask gate: human_approval, needs: [a]",
        "s shell: 'rm {{ inputs.name }} {{ nodes.a.output.x }}', needs: [ask, a]",
        "c command: [rm, '{{ inputs.name }}'], needs: [ask]", "p python: 'm:f', needs: [ask]",
        top="inputs: {name: {type: string}}", inputs={"name": "my file"},
    )  # fmt: skip
    story.ok("a", 1)
    assert story.state.open_gates["ask"].shown["commands"] == [
        {"node_id": "s", "text": "rm {{ inputs.name }} {{ nodes.a.output.x }}"}, {"node_id": "c", "text": "rm 'my file'"},
    ]  # fmt: skip


def test_a_command_that_names_the_answer_is_shown_as_written_and_the_answer_does_not_void_it() -> None:
    story = Story.begun(
        "pick gate: human_approval, options: [x, y]", "g gate: human_approval, needs: [pick], prompt: 'As {{ nodes.pick.selection }}?'",
        "h gate: human_approval, needs: [pick]",
        "b command: [say, '{{ nodes.g.decision }}', '{{ nodes.h.decision }}', '{{ nodes.pick.selection }}'], needs: [g, h]",
    )  # fmt: skip
    assert story.decide("approve", selections=("y",)) == ["decide pick approve", "done pick"]
    story.claim()
    shown = story.state.open_gates["g"].shown
    assert shown["prompt"] == "As y?"
    assert shown["commands"] == [{"node_id": "b", "text": "say '{{ nodes.g.decision }}' '{{ nodes.h.decision }}' y"}]
    story.decide("approve", "g")
    story.decide("approve", "h")
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_a_result_that_came_after_the_question_asks_again() -> None:
    story = Story.begun("n", "g gate: human_approval", "b command: [say, '{{ nodes.n.output }}'], needs: [g, n]")
    assert story.state.open_gates["g"].shown["commands"] == [{"node_id": "b", "text": "say '{{ nodes.n.output }}'"}]
    story.decide("approve")
    assert story.ok("n", "five") == ["done n", "reopen g", "ask g @2", "run_awaiting_approval"]
    assert story.state.open_gates["g"].shown["commands"] == [{"node_id": "b", "text": "say five"}]


def test_what_is_too_long_to_show_is_cut_and_still_bound() -> None:
    def digest(length: int) -> tuple[str, dict[str, Any]]:
        story = Story.begun(
            "ask gate: human_approval, prompt: '{{ inputs.text }}'", top="inputs: {text: {type: string}}", inputs={"text": "x" * length}
        )
        gate = story.state.open_gates["ask"]
        return gate.shown_digest, dict(gate.shown)

    (one, shown), (other, _) = digest(32_769), digest(32_770)
    assert one != other
    assert shown["prompt"].startswith("x" * 32_768 + " [... 32769 characters in all, sha256 ")
    assert digest(32_768)[1]["prompt"] == "x" * 32_768


def test_evidence_is_wanted_for_gates_about_to_open_and_for_approvals_about_to_be_used() -> None:
    story = Story.of(*NOTES, top=INPUTS, inputs={"since": "v1"})
    assert gates_to_check(story.state) == []
    story.claim()
    story.ok("draft", file="notes.json")
    story.decide("approve")
    assert gates_to_check(story.state) == ["ask"]
    two = Story.of("g gate: human_approval", "x needs: [g]")
    assert gates_to_check(two.state) == ["g"]
    assert gates_to_check(Story.of("a").state) == []


def test_evidence_is_not_wanted_for_a_later_attempt() -> None:
    story = Story.begun("ask gate: human_approval", "x needs: [ask], retry: {max_attempts: 2}")
    story.decide("approve")
    story.claim()
    story.state.nodes["x"].status = "pending"
    story.state.offer("x")
    assert gates_to_check(story.state) == []


def test_a_node_that_has_no_question_shows_no_prompt() -> None:
    story = Story.begun("a")
    assert shown_at(story.state, "a", {})["prompt"] is None


def test_another_version_voids_an_approval_whose_nodes_have_not_started_though_it_shows_the_same() -> None:
    story = Story.begun("g gate: human_approval", "x needs: [g]")
    story.decide("approve")
    story.state.digest = "another"
    assert story.claim() == ["run_execution_claimed", "reopen g", "ask g @2", "run_awaiting_approval"]
    story.decide("approve")
    assert story.claim() == ["run_execution_claimed", "start x @2"]


def test_a_gate_that_is_open_while_the_run_is_held_is_asked_anew_at_the_resume_if_it_shows_something_else() -> None:
    story = Story.begun(
        *NOTES[:2], "o effect: once", "publish needs: [ask]", top=f"limits: {{parallel: 2}}\n{INPUTS}", inputs={"since": "v1"}
    )
    story.ok("draft", file="notes.json")
    story.lose("o")
    story.decide("approve", "ask", by=Principal(1001), nonce="old")
    story.pause()
    assert story.resume() == ["run_resumed"]
    story.pause()
    story.evidence = {"draft": "ff" * 32}
    assert story.resume() == ["run_resumed", "reopen ask", "ask ask @2"]
    assert sorted(story.state.open_gates) == ["ask", "o"]


def test_what_an_agent_behind_the_gate_will_be_told_is_shown() -> None:
    story = Story.begun("g gate: human_approval", "b agent: writer, instructions: 'write {{ run.workflow }}', needs: [g]")
    assert story.state.open_gates["g"].shown["commands"] == [{"node_id": "b", "text": "write paper"}]


def test_a_request_is_shown_with_its_body() -> None:
    story = Story.begun(
        "ask gate: human_approval", "a http: 'https://a.example/{{ inputs.x }}', needs: [ask]",
        "b http: 'https://a.example/', method: PUT, body: {n: '{{ inputs.x }}'}, needs: [ask]",
        "c http: 'https://a.example/', method: PUT, body: '{{ inputs.x }}', needs: [ask]",
        top="inputs: {x: {type: string}}", inputs={"x": "a b"},
    )  # fmt: skip
    assert story.state.open_gates["ask"].shown["commands"] == [
        {"node_id": "a", "text": "GET https://a.example/a%20b"}, {"node_id": "b", "text": 'PUT https://a.example/\n\n{"n":"a b"}'},
        {"node_id": "c", "text": "PUT https://a.example/\n\na b"},
    ]  # fmt: skip


def test_what_begins_with_the_approval_does_not_change_what_was_shown() -> None:
    story = Story.begun("g gate: human_approval", "a needs: [g]", "b command: [say, '{{ nodes.a.output }}'], needs: [g, a]")
    assert story.state.open_gates["g"].shown["commands"][1] == {"node_id": "b", "text": "say '{{ nodes.a.output }}'"}
    story.decide("approve")
    story.claim()
    assert story.ok("a", "x") == ["done a", "start b"]
