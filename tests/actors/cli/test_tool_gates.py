"""The use of a tool before the eyes of a person: nothing in it acts on the terminal or looks like something else."""

from __future__ import annotations

from typing import Any

import pytest

from actors.cli.inbox import answers
from actors.cli.tool_call import about_call
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import DIGEST, World, gate

CALL = {"name": "run_command", "arguments": {"argv": ["rm", "-r", "build"]}, "call_id": "call-1", "turn": 3, "persona": "writer"}
ABOUT = {"run_id": "r", "workflow_id": "w", "title": "A run", "run_status": "awaiting_approval"}
DECISIONS = ["approve", "reject", "cancel"]


def asked(**arguments: Any) -> dict[str, Any]:
    call = {**CALL, "arguments": arguments or CALL["arguments"]}
    return gate(gate_name="ok.tool", tool=call["name"], shown={"tool": call}, decisions=DECISIONS, prompt="May it?")


def test_the_answer_names_what_was_seen() -> None:
    assert answers({**asked(), **ABOUT}) == f"penstock approve r ok.tool --shown {DIGEST[:16]}   (or reject, cancel-gate)"
    assert answers({**asked(), **ABOUT, "decisions": ["reject"]}) == "penstock reject r ok.tool"


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (["a b", "c"], ['    x = ["a b", "c"]']),
        ("one line", ['    x = "one line"']),
        ("\x1b[2J\u202egone\u200b", ['    x = "\\u001b[2J\\u202egone\\u200b"']),
        ("first\n    y = 2\n\x1b]0;t", ["    x, 21 characters:", "    | first", "    |     y = 2", "    | \\x1b]0;t"]),
        ({"deep": "a\nb"}, ['    x = {"deep": "a\\nb"}']),
    ],
    ids=["list", "text", "controls", "lines", "inside"],
)
def test_every_argument_is_shown_as_it_is(value: Any, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    about_call({**CALL, "arguments": {"x": value}}, whole=True)
    assert capsys.readouterr().out.splitlines()[1:] == lines


def test_a_list_cuts_what_is_long_and_the_exhibit_does_not(world: World, penstock: Penstock) -> None:
    text = "\n".join(f"line {n}" for n in range(600))
    found = {**asked(path="a.txt", content=text), **ABOUT}
    world.runtime.answers["gate_list"] = {"gates": [found], "held": [], "now_ms": 2000}
    world.runtime.answers["gate_get"] = {"gate": found, "now_ms": 2000}
    listed = penstock("gates").output
    assert "  tool run_command, asked for by writer in call 3 of the model (call-1)" in listed
    assert f"… {len(text)} characters in all" in listed
    assert "line 599" not in listed
    shown = penstock("show", "r", "ok.tool").output
    assert "    | line 599\n" in shown
    assert '    path = "a.txt"\n' in shown


def test_an_approval_carries_what_was_seen(world: World, penstock: Penstock) -> None:
    world.runtime.logs["r"] = []
    world.open_gate()
    assert penstock("approve", "r", "ok.tool", "--shown", DIGEST[:16]).exit_code == 0
    [decision] = world.runtime.called("gate_decide")
    assert (decision.gate, decision.shown_digest) == ("ok.tool", DIGEST[:16])


def test_whoever_says_yes_to_all_gates_has_seen_no_use_of_a_tool(world: World, penstock: Penstock) -> None:
    def story() -> None:
        world.open_gate(**{name: value for name, value in asked().items() if name != "node_id"})
        world.run["open_gates"] = ["ok.tool"]

    world.story = story
    assert penstock("run", "w", "--yes").exit_code == 5
    assert world.runtime.called("gate_decide") == []
