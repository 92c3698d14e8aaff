"""A collector is told of runs: whole, in one trace whatever daemons do, and nothing waits for it."""

from __future__ import annotations

import orjson
import pytest
import trio
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

import actors.telemetry.exporter
from actors.outside.web import Reply
from actors.telemetry.spans import trace_id
from tests.actors.outside.served import Asked, answer, serving
from tests.actors.telemetry.collected import attributes, resource_of, spans_of
from tests.scenarios.collecting import TAKEN, Collector, away, prepared
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, agent, ask, crew, fails, writes
from tests.scenarios.script import fail

OPERATION = "gen_ai.operation.name"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch, house: House) -> Collector:
    collector = Collector()
    monkeypatch.setattr(actors.telemetry.exporter, "fetch", collector.fetch)
    monkeypatch.setattr(actors.telemetry.exporter, "prepare", prepared)
    house.configure("telemetry", endpoint="http://collector.test:4318/")
    return collector


def names(spans: list[Span]) -> list[str]:
    return sorted(span.name for span in spans)


async def metric(d: House, name: str) -> float:
    return float((await d.call("system.metrics"))["metrics"].get(name, 0))


async def test_over_the_network_a_run_is_one_trace_of_attempts_calls_and_tools(real: House) -> None:
    async with serving() as server:
        whole = trio.Event()

        def respond(_: Asked) -> bytes:
            if len([span for asked in server.asked for span in spans_of(asked.body)]) >= 6:
                whole.set()
            return answer(200)

        server.respond = respond
        await real.stop()
        real.configure("telemetry", endpoint=server.url)
        await real.start()
        real.models.script[:] = [ask("list_dir", path="."), writes("notes.json", GOOD)]
        run_id = await real.begin(crew(agent()))
        await real.run_until(run_id)
        with trio.fail_after(60):
            await whole.wait()
    spans = [span for asked in server.asked for span in spans_of(asked.body)]
    assert names(spans) == [
        "chat gpt-5-mini", "chat gpt-5-mini", "execute_tool list_dir", "execute_tool write_file", "invoke_agent writer",
        "invoke_workflow story",
    ]  # fmt: skip
    assert {(asked.path, asked.headers["content-type"]) for asked in server.asked} == {("/v1/traces", "application/json")}
    by = {span.name: span for span in spans}
    assert {span.trace_id.hex() for span in spans} == {trace_id(run_id)}
    root, attempt = by["invoke_workflow story"], by["invoke_agent writer"]
    assert (root.parent_span_id, attempt.parent_span_id) == (b"", root.span_id)
    assert {span.parent_span_id for span in spans if span not in (root, attempt)} == {attempt.span_id}
    first, last = root.start_time_unix_nano, root.end_time_unix_nano
    assert all(first <= span.start_time_unix_nano <= span.end_time_unix_nano <= last for span in spans)
    call = attributes(by["chat gpt-5-mini"])
    assert (call[OPERATION], call["gen_ai.provider.name"], call["gen_ai.request.model"]) == ("chat", "stage", "gpt-5-mini")
    assert (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.output_tokens"]) == (100, 20)
    assert call["gen_ai.response.finish_reasons"] == ["tool_calls"]
    assert attributes(by["execute_tool list_dir"])["gen_ai.tool.name"] == "list_dir"
    assert (attributes(attempt)["gen_ai.agent.name"], attributes(attempt)[OPERATION]) == ("writer", "invoke_agent")
    assert resource_of(server.asked[0].body)["service.name"] == "penstock"
    assert not any(word in asked.body for asked in server.asked for word in (b"Write the notes", b"messages", b"arguments"))


async def test_what_went_wrong_is_named(house: House, collector: Collector) -> None:
    await house.start()
    house.models.script[:] = [fails(), writes("notes.json", GOOD)]
    house.script.on("x", fail())
    await house.begin(flow(step("x")))
    await house.begin(crew(agent(), name="told"))
    spans = await collector.told("invoke_workflow told")
    wrong = {span.name: attributes(span)["error.type"] for span in spans if span.status.code == Status.STATUS_CODE_ERROR}
    assert wrong == {
        "chat gpt-5-mini": "provider_overloaded", "invoke_agent writer": "provider_overloaded", "x": "python_raised",
        "invoke_workflow story": "nodes_failed",
    }  # fmt: skip


async def test_what_was_said_is_told_where_the_settings_want_it(house: House, collector: Collector) -> None:
    house.configure("telemetry", content=True, service_name="night-shift")
    await house.start()
    house.models.script[:] = [writes("notes.json", GOOD)]
    await house.begin(crew(agent()))
    spans = await collector.told("invoke_workflow story")
    assert resource_of(collector.bodies[0])["service.name"] == "night-shift"
    call = next(attributes(span) for span in spans if span.name.startswith("chat"))
    [heard], [said] = orjson.loads(call["gen_ai.input.messages"]), orjson.loads(call["gen_ai.output.messages"])
    assert (heard["role"], "Write the notes." in heard["parts"][0]["content"]) == ("user", True)
    assert said["parts"][0]["arguments"] == {"path": "notes.json", "content": GOOD}
    tool = next(attributes(span) for span in spans if span.name == "execute_tool write_file")
    assert orjson.loads(tool["gen_ai.tool.call.arguments"])["content"] == GOOD


async def test_a_daemon_that_dies_loses_nothing_of_the_trace(house: House, collector: Collector) -> None:
    collector.mood = away
    await house.start()
    run_id = await house.begin(flow(step("x"), step("y", "needs: [x]")))
    await house.run_until(run_id)
    await house.crash()
    collector.mood = lambda _: TAKEN
    await house.start()
    spans = await collector.told("invoke_workflow story")
    assert names(spans) == ["invoke_workflow story", "x", "y"]
    assert {span.trace_id.hex() for span in spans} == {trace_id(run_id)}
    told = len(collector.bodies)
    await house.restart()
    await trio.sleep(30)
    assert len(collector.bodies) == told  # nothing is told twice


async def test_a_run_that_goes_on_after_its_end_has_a_second_span_in_the_same_trace(house: House, collector: Collector) -> None:
    await house.start()
    house.script.on("x", fail())
    run_id = await house.begin(flow(step("x")))
    await house.run_until(run_id)
    await collector.told("invoke_workflow story")
    await house.restart(crash=True)  # what the trace was like is read from the log
    await house.call("run.recover", run_id=run_id)
    spans = await collector.told("invoke_workflow story", 2)
    roots = [span for span in spans if not span.parent_span_id]
    assert (len({span.span_id for span in spans}), len(spans), {span.trace_id for span in roots}) == (4, 4, {spans[0].trace_id})
    assert [attributes(span)["penstock.run.status"] for span in roots] == ["failed", "completed"]


async def test_a_collector_in_trouble_is_waited_for_and_runs_are_not(house: House, collector: Collector) -> None:
    collector.mood = lambda count: away(count) if count < 3 else Reply(503, {"retry-after": "300"}, b"") if count == 3 else TAKEN
    await house.start()
    run_id = await house.begin(flow(step("x")))
    assert (await house.run_until(run_id))["status"] == "completed"
    began = trio.current_time()
    assert names(await collector.told("invoke_workflow story")) == ["invoke_workflow story", "x"]
    assert trio.current_time() - began > 300
    assert await metric(house, "telemetry_posts_failed") == 3


async def test_what_is_refused_for_good_is_counted_and_left(house: House, collector: Collector) -> None:
    partly = Reply(200, {}, orjson.dumps({"partialSuccess": {"rejectedSpans": "1"}}))
    collector.mood = lambda count: Reply(400, {}, b"no") if count == 1 else partly
    await house.start()
    await house.run_until(await house.begin(flow(step("x"))))
    await trio.sleep(10)
    assert (await metric(house, "spans_refused"), await metric(house, "spans_exported")) == (2, 0)
    await house.begin(flow(step("x"), name="second"))
    await collector.told("invoke_workflow second")
    assert (await metric(house, "spans_refused"), await metric(house, "spans_exported")) == (3, 1)


async def test_after_a_long_absence_the_newest_is_told(house: House, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.telemetry.exporter, "BACKLOG", 20)
    collector.mood = away
    await house.start()
    for name in ("one", "two", "three", "four"):
        await house.run_until(await house.begin(flow(step("x"), name=name)))
    await house.stop()
    collector.mood = lambda _: TAKEN
    await house.start()
    await collector.told("invoke_workflow four")
    assert "invoke_workflow one" not in names(collector.spans)
    assert await metric(house, "telemetry_events_dropped") > 0


async def test_without_the_headers_that_the_settings_name_nothing_is_sent(
    house: House, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.configure("telemetry", headers_env="COLLECTOR_HEADERS")
    await house.start()
    await house.run_until(await house.begin(flow(step("x"))))
    rows = (await house.call("system.tree"))["rows"]
    assert any("COLLECTOR_HEADERS" in row["status"] for row in rows if row["path"] == "telemetry/apart/exporter")
    await house.stop()
    assert collector.requests == []
    monkeypatch.setenv("COLLECTOR_HEADERS", "x-key=a%20b, x-team=t")
    await house.start()
    await collector.told("invoke_workflow story")
    assert {name: collector.requests[0].headers[name] for name in ("x-key", "x-team")} == {"x-key": "a b", "x-team": "t"}


async def test_a_defect_of_the_exporter_harms_nothing_else(house: House, collector: Collector) -> None:
    def broken(_: int) -> Reply:
        raise RuntimeError("a defect")

    collector.mood = broken
    await house.start()
    run_id = await house.begin(flow(step("x")))
    assert (await house.run_until(run_id))["status"] == "completed"
    await trio.sleep(300)
    assert len(collector.requests) == 4
    assert {row["restarts"] for row in (await house.call("system.tree"))["rows"]} == {0}
    await house.stop()
    collector.mood = lambda _: TAKEN
    await house.start()
    await collector.told("invoke_workflow story")
