"""What a type checker must accept and refuse in code that handles outcomes and settings. Never run: `mypy` over this file is the test."""

from __future__ import annotations

from typing import Literal, assert_never, assert_type

from actors.config import Config, load
from actors.node.messages import Failure, Interruption, Success, ToolQuestion, Verdict
from actors.paths import resolve
from actors.refusals import Refusal
from actors.workflow.spec import Agent, Command, Foreach, Gate, Group, Http, Node, Python, Shell, SubWorkflow, Wait


def every_verdict_is_one_of_four(verdict: Verdict) -> str:
    match verdict:
        case Success(artifact=artifact):
            return artifact.path if artifact is not None else ""
        case Failure(code=code):
            return code
        case Interruption(reason=reason):
            return reason
        case ToolQuestion(tool=tool):
            return tool
        case _:
            assert_never(verdict)


def every_action_of_a_node_is_one_of_ten(node: Node) -> str:
    assert_type(node.kind, Literal["command", "shell", "python", "http", "agent", "gate", "wait", "workflow", "group"])
    match node.action:
        case Command(argv=argv):
            return argv[0]
        case Shell(run=text) | Python(function=text) | Gate(type=text):
            return text
        case Http(url=word):
            return word
        case Agent(role=word):
            return word
        case Wait(on_timeout=word):
            return word
        case SubWorkflow(workflow=word) | Foreach(workflow=word):
            return word
        case Group() as group:
            return group.word
        case _:
            assert_never(node.action)


def messages_and_facts_cannot_be_changed(failure: Failure, node: Node) -> None:
    failure.code = "other"  # type: ignore[misc]  # frozen
    node.priority = 3  # type: ignore[misc]  # frozen


def a_refusal_is_a_value_and_not_an_exception(refusal: Refusal) -> None:
    raise refusal  # type: ignore[misc]  # domain refusals are replies


def settings_have_types() -> None:
    config = load({}, None)
    assert_type(config, Config)
    assert_type(config.claims.lease_ms, int)
    assert_type(config.scheduler.tick_ms, int | None)
    assert_type(config.control.operators, tuple[str, ...])
    config.runs.restart_max = 0  # type: ignore[misc]  # frozen


def places_are_paths() -> None:
    places = resolve({})
    places.data = places.socket  # type: ignore[misc]  # frozen
