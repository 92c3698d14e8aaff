"""Stories of agents at work with their tools: what they are refused, told, and stopped for, and what becomes of what was cut off."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve

from actors.agent.provider.messages import ToolCall, ToolResult
from actors.agent.tools.command import Command
from actors.agent.tools.source import Said
from actors.config.sections import Tools
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, PAYER, agent, ask, crew, says, told, writes


@pytest.fixture
async def d(house: House) -> House:
    """A daemon whose operator lets commands run unasked, also outside of a sandbox."""
    house.config = evolve(house.config, tools=Tools(policy=(("run_command", "allow"),)))
    await house.start()
    return house


class Till:
    """In place of commands: pays at once and then takes a minute, or for ever, to say so."""

    def __init__(self, seconds: float, patched: pytest.MonkeyPatch) -> None:
        self.paid = 0
        self.asked = trio.Event()
        till = self

        async def use(self: Command, call: ToolCall) -> Said:
            till.paid += 1
            till.asked.set()
            await trio.sleep(seconds)
            return Said("paid")

        patched.setattr(Command, "use", use)


def heard(d: House) -> list[tuple[str, bool]]:
    """What the model heard of its tools by its last call: how each began, and whether it was an error."""
    turns = d.models.requests[-1].turns
    return [(turn.text[:16], turn.is_error) for turn in turns if isinstance(turn, ToolResult)]


async def states(d: House, run_id: str) -> list[tuple[str, Any, str]]:
    uses = (await d.call("tool.list", run_id=run_id))["uses"]
    return [(row["tool"], row["attempt"], row["state"]) for row in uses]


async def test_a_tool_at_work_when_its_run_is_paused_is_uncertain_and_not_used_again(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till(60, monkeypatch)
    d.models.script[:] = [says("", ("run_command", {"argv": ["pay"]}), ("list_dir", {"path": "."})), writes("notes.json", GOOD)]
    run_id = await d.begin(crew(agent(), personas=PAYER))
    await till.asked.wait()
    assert await states(d, run_id) == [("run_command", 1, "open")]
    await d.call("run.pause", run_id=run_id)
    await d.run_until(run_id, "paused")
    await d.call("run.resume", run_id=run_id)
    run = await d.run_until(run_id)
    assert (run["status"], till.paid, heard(d)) == ("completed", 1, [("The outcome is u", True), ("There is no tool", True)])
    assert [row[2] for row in await states(d, run_id)] == ["uncertain", "error", "ok"]


async def test_a_tool_that_outlives_the_time_of_its_attempt_is_uncertain(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till(1_000, monkeypatch)
    flow = crew(agent(more="timeout: 60s"), personas=PAYER)
    run = await told(d, ask("run_command", argv=["pay"]), says("I looked: it is paid"), flow=flow)
    assert (run["status"], run["nodes"][0]["output"], till.paid) == ("completed", "I looked: it is paid", 1)
    assert await states(d, run["run_id"]) == [("run_command", 1, "uncertain")]
    [result] = [turn for turn in d.models.requests[-1].turns if isinstance(turn, ToolResult)]
    assert "the attempt was ended after 60000 ms" in result.text


async def test_a_run_that_ends_with_a_tool_at_work_leaves_it_uncertain(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till(60, monkeypatch)
    d.models.script[:] = [ask("run_command", argv=["pay"])]
    run_id = await d.begin(crew(agent(), personas=PAYER))
    await till.asked.wait()
    await d.call("run.cancel", run_id=run_id)
    await d.run_until(run_id, "cancelled")
    assert await states(d, run_id) == [("run_command", 1, "uncertain")]


async def test_tools_that_leave_the_folder_are_for_personas_that_name_them(d: House) -> None:
    asks = agent(more="tools: [run_command]")
    refused = await d.refused("run.start", text=crew(asks))
    assert refused.data["roles"][0]["candidates"][0]["code"] == "tool_not_permitted"
    await told(d, says("done"), flow=crew(agent(more=""), name="other"))
    assert [tool.name for tool in d.models.requests[-1].tools] == ["write_file", "read_file", "list_dir", "search", "finish"]
    await told(d, says("done"), flow=crew(asks, personas=PAYER, name="third"))
    assert [tool.name for tool in d.models.requests[-1].tools] == ["run_command", "finish"]
    network = PAYER.replace("run_command]", "http_get], http_hosts: [a.org]")
    run = await told(d, ask("http_get", url="http://b.org/"), says("done"), flow=crew(agent(more=""), personas=network, name="fourth"))
    assert (run["status"], await states(d, run["run_id"])) == ("completed", [("http_get", 1, "denied")])


async def test_tools_stay_in_the_folder_and_what_they_refuse_is_told(d: House) -> None:
    given = {"content": "x"}
    first = says(
        "", ("write_file", {"path": "../out", **given}), ("read_file", {"path": "missing"}), ("list_dir", {"path": "."}), ("sudo", {}),
        ("write_file", {"path": "a/b.txt", **given}), ("read_file", {}),
    )  # fmt: skip
    run = await told(d, first, ask("list_dir", path="a"), ask("read_file", path="a/b.txt"), says("ok"), flow=crew(agent(more="")))
    assert run["status"] == "completed"
    results = [turn for turn in d.models.requests[1].turns if isinstance(turn, ToolResult)]
    assert [turn.is_error for turn in results] == [True, True, False, True, False, True]
    assert [turn.text for turn in d.models.requests[3].turns if isinstance(turn, ToolResult)][-2:] == ["b.txt (1 bytes)", "x"]
    folder = d.places.data / "runs" / run["run_id"]
    assert not (folder / "out").exists()
    assert len((folder / "logs" / "draft.1.1.tools.jsonl").read_text().splitlines()) == 8
    uses = (await d.call("tool.list", run_id=run["run_id"], node_id="draft"))["uses"]
    assert [(row["tool"], row["state"]) for row in uses[:5]] == [
        ("write_file", "error"), ("read_file", "error"), ("list_dir", "ok"), ("sudo", "error"), ("write_file", "ok"),
    ]  # fmt: skip
    assert (await d.refused("tool.list", run_id="run-unknown")).code == "run_not_found"
    [log] = (await d.call("run.logs", run_id=run["run_id"]))["logs"]
    assert '[list_dir {"path": "a"}: ok]' in log["text"]  # what it did, though it said little


async def test_an_agent_that_turns_in_circles_is_stopped(d: House) -> None:
    asked = [ask("list_dir", path=f"d{i}") for i in range(7)]
    run = await told(d, *asked, says("done at last"), flow=crew(agent(more="max_steps: 7")))
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["code"], run["status"], run["nodes"][0]["attempt"]) == ("agent_turns_exhausted", "completed", 2)


async def test_f52_an_agent_that_repeats_itself_is_told_so_and_then_stopped(d: House) -> None:
    run = await told(d, *[ask("list_dir", path=".")] * 5, says("done at last"), flow=crew(agent(more="")))
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["code"], run["status"], len(d.models.requests)) == ("agent_repeats_itself", "completed", 6)
    heard = [turn.text.partition("\n[")[1] for turn in d.models.requests[-1].turns if isinstance(turn, ToolResult)]
    assert heard == ["", "", *["\n["] * 3]
    d.models.requests.clear()
    many = says("", *[("read_file", {"path": "gone"})] * 9)
    run = await told(d, many, writes("notes.json", GOOD), flow=crew(agent(), name="at-once"))
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["code"], "the same 5 times in a row" in failed["message"]) == ("artifact_timeout", True)
    uses = (await d.call("tool.list", run_id=run["run_id"]))["uses"]
    assert [row["state"] for row in uses] == [*["error"] * 5, *["denied"] * 4, "ok"]
