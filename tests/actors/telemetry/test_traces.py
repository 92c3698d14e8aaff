"""What a log tells as spans: times, parents and names, fact by fact."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from actors.agent.thread_events import Asked, ModelCallAnswered, ModelCallFailed, ModelCallIntended, PromptAdded, ThreadBegun, ToolAnswered
from actors.config.sections import Telemetry
from actors.entity import Fact
from actors.node.events import NodeCompleted, NodeInterrupted, NodeStarted
from actors.run.events import RunCompleted, RunCreated, RunStopped
from actors.run.steering import RunStepRepaired
from actors.telemetry.collector import collector_of
from actors.telemetry.exposition import Family, Sample, histogram, render
from actors.telemetry.otlp import encode, rejected
from actors.telemetry.run_trace import RunTrace
from actors.telemetry.spans import INTERNAL, Span, Value, attempt_span
from actors.telemetry.thread_trace import LONGEST, ThreadTrace
from actors.workflow.spec import Node
from tests.actors.telemetry.collected import attributes, spans_of

THREAD = "run:r:node:n"


def call(turn: int) -> ModelCallIntended:
    return ModelCallIntended(turn, 2, "writer", "ann", 1, "openai", "gpt-5")


def spans_from(trace: RunTrace | ThreadTrace, *facts: tuple[int, Fact]) -> list[Span]:
    return [span for seq, (at_ms, fact) in enumerate(facts, 1) for span in trace.apply(seq, at_ms, fact)]


def test_a_call_lasts_as_long_as_it_took_not_until_that_was_written() -> None:
    facts = [(1_000, call(1)), (4_000, ModelCallFailed(1, code="provider_overloaded", latency_ms=2_000)), (9_000, call(2))]
    facts += [(12_000, ModelCallAnswered(2, latency_ms=3_500))]
    found = spans_from(ThreadTrace(THREAD), (0, ThreadBegun("r", "n", 1)), *facts)
    assert [(span.start_ms, span.end_ms, span.error) for span in found] == [
        (1_000, 3_000, "provider_overloaded"), (9_000, 12_000, ""),
    ]  # fmt: skip
    assert {span.parent_id for span in found} == {attempt_span("r", "n", 1, 2)}


def test_a_call_that_was_lost_ends_where_that_was_noticed_and_tools_end_with_their_answers() -> None:
    asked = ModelCallAnswered(2, calls=(Asked("c", "read_file"), Asked("d", "finish")), stop="tools", latency_ms=10)
    facts: list[tuple[int, Fact]] = [(0, ThreadBegun("r", "n", 1)), (5, call(1)), (70, ModelCallFailed(1)), (80, call(2)), (90, asked)]
    facts += [
        (95, ToolAnswered("c", "read_file", is_error=True, began_ms=91, latency_ms=3)),
        (99, ToolAnswered("d", "finish", cut_off=True)),
    ]
    facts += [(99, ToolAnswered("nobody", "finish")), (100, ModelCallFailed(9))]
    found = spans_from(ThreadTrace(THREAD), *facts)
    assert [(span.name, span.start_ms, span.end_ms, span.error) for span in found] == [
        ("chat gpt-5", 5, 70, "call_lost"), ("chat gpt-5", 80, 90, ""), ("execute_tool read_file", 91, 94, "tool_error"),
        ("execute_tool finish", 90, 99, "cut_off"),
    ]  # fmt: skip


def test_long_texts_are_cut_and_what_is_told_is_still_json() -> None:
    told = PromptAdded(1, text="x" * (LONGEST + 10))
    answer = ModelCallAnswered(1, text="yes", calls=(Asked("c", "write_file", {"lines": ["y" * (LONGEST + 1)], "n": 1}),))
    [span] = spans_from(ThreadTrace(THREAD, content=True), (0, ThreadBegun("r", "n", 1)), (1, told), (2, call(1)), (3, answer))
    assert len(str(span.attributes["gen_ai.input.messages"])) < LONGEST + 100
    assert str(span.attributes["gen_ai.output.messages"]).endswith('"finish_reason":"stop"}]')


def nodes(_: str) -> Mapping[str, Node]:
    return {}


def test_a_fact_that_comes_again_tells_nothing_and_what_has_no_beginning_neither() -> None:
    trace = RunTrace("r", nodes)
    facts: list[tuple[int, Fact]] = [
        (0, RunCreated("w", 1, "d")),
        (1, NodeCompleted("gate")),
        (2, NodeStarted("n")),
        (3, NodeCompleted("n")),
    ]
    assert [span.name for span in spans_from(trace, *facts)] == ["n"]
    assert spans_from(trace, *facts) == []
    [span] = trace.apply(5, 9, RunStopped("enough"))
    assert (span.attributes["penstock.run.status"], span.error) == ("cancelled", "")


def test_an_attempt_that_was_ended_from_outside_says_by_what() -> None:
    facts: list[tuple[int, Fact]] = [(0, RunCreated("w", 1, "d")), (1, NodeStarted("n")), (2, NodeInterrupted("n", "shutdown"))]
    facts += [(3, RunStepRepaired("n", "d", "e", 2, ("n",))), (4, RunCompleted())]
    attempt, run = spans_from(RunTrace("r", nodes), *facts)
    assert (attempt.error, run.attributes["penstock.workflow.version"], run.attributes["penstock.workflow.digest"]) == (
        "interrupted_shutdown", 2, "e",
    )  # fmt: skip


def test_every_kind_of_value_arrives_as_it_was() -> None:
    said: dict[str, Value] = {"text": "ä", "yes": True, "many": 1 << 40, "part": 0.5, "words": ("a", "b")}
    body = encode({"service.name": "s"}, "penstock", "1", [Span("ab" * 16, "cd" * 8, "", "n", INTERNAL, 1, 2, said, "boom")])
    [span] = spans_of(body)
    assert attributes(span) == {**said, "words": ["a", "b"]}
    assert (span.trace_id.hex(), span.end_time_unix_nano, span.status.message) == ("ab" * 16, 2_000_000, "boom")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"partialSuccess": null}', b'{"partialSuccess": {"rejectedSpans": "x"}}'])
def test_an_answer_that_says_nothing_rejects_nothing(body: bytes) -> None:
    assert rejected(body) == 0


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://localhost:4318", "http://localhost:4318/v1/traces"),
        ("https://host/otlp/", "https://host/otlp/v1/traces"),
        ("https://host/v1/traces?team=1", "https://host/v1/traces?team=1"),
    ],
    ids=["root", "folder", "whole"],
)
def test_the_path_for_traces_is_added_where_it_is_not_there(endpoint: str, url: str) -> None:
    found = collector_of(Telemetry(endpoint=endpoint), {})
    assert found is not None
    assert (found.url, found.problem) == (url, "")


@pytest.mark.parametrize("text", ["", "words", "a=b,words", "a=b%0Ac", "=b"])
def test_headers_that_are_none_are_a_problem_that_names_the_variable(text: str) -> None:
    found = collector_of(Telemetry(endpoint="http://h", headers_env="HEADERS"), {"HEADERS": text})
    assert found is not None
    assert (dict(found.headers), "HEADERS" in found.problem) == ({}, True)


def test_labels_of_any_kind_are_read_back_as_they_were() -> None:
    odd = 'a "b" \\ c\nd'
    text = render([Family("f", "gauge", "Odd.", (Sample(1.5, {"l": odd}),)), Family("g", "gauge", "None.", ())])
    [family] = text_string_to_metric_families(text)
    assert (family.samples[0].labels, family.samples[0].value) == ({"l": odd}, 1.5)


def test_a_histogram_is_summed_up() -> None:
    [family] = text_string_to_metric_families(render([histogram("h", "Times.", (0.5, 1.0), (2, 1, 4), 12.25)]))
    assert [(sample.name, *sample.labels.values(), sample.value) for sample in family.samples] == [
        ("h_bucket", "0.5", 2), ("h_bucket", "1", 3), ("h_bucket", "+Inf", 7), ("h_sum", 12.25), ("h_count", 7),
    ]  # fmt: skip
