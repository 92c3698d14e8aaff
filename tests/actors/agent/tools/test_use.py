"""What a use of a tool leaves in the conversation: an intent before it where it changes something, and a receipt before anything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import trio

from actors.agent.clearance import Clearance
from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.record import Recorder
from actors.agent.thread_events import Asked, ModelCallAnswered, ModelCallIntended, PromptAdded, ThreadBegun, ToolAnswered, ToolIntended
from actors.agent.thread_log import ThreadLog, facts_of
from actors.agent.tools.finish import Finish
from actors.agent.tools.hands import Hands
from actors.agent.tools.rows import uses_of
from actors.agent.tools.source import Said
from actors.agent.tools.use import ToolUse
from actors.agent.tools.words import texts
from actors.entity import Fact
from actors.secrets.redactor import Redactor
from actors.services import Services
from actors.telemetry.meter import Meter
from tests.actors.agent.room.test_conversations import ACTION, ORDER

THREAD = "run:r:node:n"


class World:
    """Tools that note what is durable when they begin. One of them never ends."""

    def __init__(self, services: Services) -> None:
        self.seen: list[tuple[str, list[str]]] = []
        self._services = services

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        told = texts(x="anything")
        return {
            "look": ToolSpec("look", "", told, "none"), "put": ToolSpec("put", "", told, "repeatable"), "pay": ToolSpec("pay", "", told),
            "hang": ToolSpec("hang", "", told),
        }  # fmt: skip

    async def use(self, call: ToolCall) -> Said:
        self.seen.append((call.name, [fact.kind for _, fact in facts_of(self._services.store, THREAD)][4:]))
        if call.name == "hang":
            await trio.sleep_forever()
        return Said(f"{call.name} {call.arguments['x']}")


async def begun(services: Services, folder: Path, *calls: tuple[str, object]) -> tuple[ToolUse, World]:
    log = ThreadLog(services.store, services.clock, "r", THREAD, Meter())
    asked = tuple(Asked(f"c{i}", name, {"x": x}) for i, (name, x) in enumerate(calls))
    await log.append([ThreadBegun("r", "n", 1), PromptAdded(1, "do it")])
    await log.append([ModelCallIntended(1, 1, "writer", "anna", 1, "stage", "m"), ModelCallAnswered(1, calls=asked)])
    world = World(services)
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "outputs").mkdir(exist_ok=True)
    order = ORDER.__class__("r", "n", 1, 1, "t", "k", ACTION, "/w", str(folder))
    recorder = Recorder(order, ACTION, log, Redactor(), cap=10_000)
    hands = Hands((world, Finish()))
    return ToolUse(hands, Clearance(hands, order, ACTION, log), log, recorder, services.clock, 1, lambda: None), world


def facts(services: Services) -> list[Fact]:
    return [fact for _, fact in facts_of(services.store, THREAD)][4:]


async def test_what_changes_something_is_intended_first_and_has_a_receipt_before_anything_else(services: Services, tmp_path: Path) -> None:
    use, world = await begun(services, tmp_path, ("look", "a"), ("pay", "b"), ("look", "c"), ("look", "d"), ("put", "e"), ("pay", "f"))
    await use.answer_all()
    assert world.seen == [
        ("look", []),
        ("pay", ["tool_answered", "tool_intended"]),
        ("look", ["tool_answered", "tool_intended", "tool_answered"]),
        ("look", ["tool_answered", "tool_intended", "tool_answered"]),  # who only looks costs no commit
        ("put", ["tool_answered", "tool_intended", *["tool_answered"] * 3, "tool_intended"]),
        ("pay", ["tool_answered", "tool_intended", *["tool_answered"] * 3, "tool_intended", "tool_answered", "tool_intended"]),
    ]
    assert [fact.repeatable for fact in facts(services) if isinstance(fact, ToolIntended)] == [False, True, False]
    assert [fact.text for fact in facts(services) if isinstance(fact, ToolAnswered)] == [
        "look a", "pay b", "look c", "look d", "put e", "pay f",
    ]  # fmt: skip
    assert use.log.thread.unanswered == []
    use.recorder.close()
    lines = [json.loads(line) for line in (tmp_path / "logs" / "n.1.1.tools.jsonl").read_text().splitlines()]
    assert [(line["tool"], line["state"]) for line in lines][:2] == [("look", "ok"), ("pay", "ok")]
    assert (tmp_path / "logs" / "n.1.1.out").read_text().startswith('[look {"x": "a"}: ok]\n[pay')


async def test_what_is_refused_changes_nothing_and_needs_no_intent(services: Services, tmp_path: Path) -> None:
    use, world = await begun(services, tmp_path, ("pay", 7), ("nothing", "x"), ("look", "y"))
    await use.answer_all()
    assert [getattr(fact, "state", "") for fact in facts(services)] == ["error", "error", "ok"]
    assert [name for name, _ in world.seen] == ["look"]
    use.recorder.close()


async def test_what_is_cut_off_has_an_intent_and_no_end_until_somebody_says_so(services: Services, tmp_path: Path) -> None:
    use, _ = await begun(services, tmp_path, ("pay", "a"), ("hang", "b"), ("pay", "c"))
    with trio.move_on_after(0.1):
        await use.answer_all()
    assert [fact.__class__ for fact in facts(services)] == [ToolIntended, ToolAnswered, ToolIntended]
    await use.give_up("the attempt was ended after 1 ms")
    await use.give_up("nothing is under way any more")
    [*_, last] = facts(services)
    assert isinstance(last, ToolAnswered)
    assert (last.call_id, last.state) == ("c1", "uncertain")
    assert [call.call_id for call in use.log.thread.unanswered] == ["c2"]
    use.recorder.close()


def test_uses_as_rows() -> None:
    told = [
        (1, ThreadBegun("r", "n", 1)), (2, PromptAdded(1)),
        (3, ModelCallAnswered(1, calls=(Asked("a", "look", {"x": 1}), Asked("b", "put")))),
        (4, ToolAnswered("a", "look", "saw", attempt=1, began_ms=40, latency_ms=5)),
        (5, ToolIntended("b", "put", 1, repeatable=True)), (9, ToolIntended("b", "put", 2, repeatable=True)),
        (11, ToolAnswered("b", "put", "x" * 3_000, attempt=2, began_ms=100, latency_ms=7)),
        (12, ToolAnswered("c", "late", cut_off=True)), (13, ToolIntended("d", "pay", 3)),
        (14, ToolAnswered("d", "pay", state="uncertain", attempt=3)),
        (15, ToolIntended("e", "pay", 3)),
    ]  # fmt: skip
    rows = uses_of(THREAD, told)
    assert [(row["tool"], row["attempt"], row["state"], row["began_ms"], row.get("ended_ms")) for row in rows] == [
        ("look", 1, "ok", 40, 45), ("put", 1, "uncertain", 5, None), ("put", 2, "ok", 100, 107), ("pay", 3, "uncertain", 13, None),
        ("pay", 3, "open", 15, None),
    ]  # fmt: skip
    assert [row["state"] for row in uses_of(THREAD, told, ended=True)][-2:] == ["uncertain", "uncertain"]
    assert [row["state"] for row in uses_of(THREAD, told[:4], ended=True)] == ["ok"]
    assert (rows[0]["arguments"], rows[0]["answer"], len(rows[2]["answer"]), rows[3]["arguments"]) == ('{"x":1}', "saw", 2_000, "{}")
    assert {(row["run_id"], row["node_id"], row["instance"], row["thread_id"]) for row in rows} == {("r", "n", 1, THREAD)}


@pytest.mark.parametrize(("is_error", "state"), [(False, "ok"), (True, "error")])
def test_what_was_said_is_well_unless_it_says_otherwise(*, is_error: bool, state: str) -> None:
    assert (Said("", is_error=is_error).state, ToolAnswered("c", "x", is_error=is_error).state) == (state, state)
