"""The daemon's numbers: through the socket, as Prometheus reads them."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

import actors.telemetry.meter
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, agent, ask, crew, fails, told, writes
from tests.scenarios.script import Hold, fail


async def numbers(d: House) -> dict[tuple[str, ...], float]:
    """Each value by its name and the values of its labels. Every name has its meaning and its kind once."""
    text = (await d.call("system.metrics", format="prometheus"))["text"]
    found = list(text_string_to_metric_families(text))
    assert len({family.name for family in found}) == len(found)
    assert all(family.documentation and family.type in ("counter", "gauge", "histogram") for family in found)
    return {(sample.name, *sample.labels.values()): sample.value for family in found for sample in family.samples}


async def test_runs_attempts_calls_tokens_tools_and_gates_are_counted(d: House) -> None:
    await told(d, fails(), ask("list_dir", path="."), writes("notes.json", GOOD))
    d.script.on("x", fail())
    await d.run_until(await d.begin(flow(step("x"))))
    await d.run_until(await d.begin(flow(gate("g"), name="asks")), "awaiting_approval")
    found = await numbers(d)
    expected: dict[tuple[Any, ...], float] = {
        ("penstock_runs", "completed"): 1, ("penstock_runs", "failed"): 1, ("penstock_runs", "awaiting_approval"): 1,
        ("penstock_run_endings_total", "run_completed"): 1, ("penstock_run_endings_total", "run_failed"): 1,
        ("penstock_attempts_started_total",): 3, ("penstock_node_endings_total", "failed"): 2,
        ("penstock_model_calls_total", "stage", "gpt-5-mini", "ok"): 2,
        ("penstock_model_calls_total", "stage", "gpt-5-mini", "provider_overloaded"): 1,
        ("penstock_model_tokens_total", "stage", "gpt-5-mini", "input"): 200,
        ("penstock_tool_calls_total", "list_dir", "ok"): 1, ("penstock_tool_calls_total", "write_file", "ok"): 1,
        ("penstock_gates_open",): 1, ("penstock_queue_depth", "capacity"): 0, ("penstock_slots_used",): 0,
        ("penstock_model_call_seconds_count",): 2, ("penstock_model_call_seconds_bucket", "0.5"): 2,
        ("penstock_store_writable",): 1, ("penstock_mailbox_depth", "scheduler"): 0,
    }  # fmt: skip
    assert {key: found.get(key) for key in expected} == expected
    assert found["penstock_model_cost_usd_total", "stage", "gpt-5-mini"] > 0
    assert found["penstock_commit_seconds_count",] == found["penstock_commit_seconds_bucket", "+Inf"] > 5
    assert found["process_resident_memory_bytes",] > 10_000_000
    assert {"gates_open": 1, "attempts_started": 3}.items() <= (await d.call("system.metrics"))["metrics"].items()


async def test_however_many_models_there_are_the_numbers_stay_few(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.telemetry.meter, "MOST", 2)
    for number in range(4):
        await told(d, flow=crew(agent(more=""), personas=f"  writer: {{backend: stage, model: model-{number}}}\n"))
    found = await numbers(d)
    assert {key[2]: count for key, count in found.items() if key[0] == "penstock_model_calls_total"} == {
        "model-0": 1, "model-1": 1, "other": 2,
    }  # fmt: skip


async def test_how_long_the_oldest_run_waits_is_told(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    hold = Hold()
    house.script.on("block", hold)
    await house.begin(flow(step("block"), name="block"))
    await hold.begun()
    waits = await house.begin(flow(step("a")))
    await trio.sleep(50)
    found = await numbers(house)
    assert (found["penstock_queue_depth", "capacity"], found["penstock_slots_used",]) == (1, 1)
    assert 49 < found["penstock_queue_oldest_seconds",] < 51
    hold.open()
    await house.run_until(waits)
