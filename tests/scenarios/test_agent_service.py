"""An agent whose model is a service on the network: the whole way, from the settings to the ledger, in real time."""

from __future__ import annotations

import json

from actors.agent.configured import Configured
from actors.config.backends import Backend
from tests.actors.agent.faulty import Reply, chat_chunk, event, faulty
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, UNDERSTUDY, agent, crew

ARGUMENTS = json.dumps({"path": "notes.json", "content": GOOD})
CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "write_file", "arguments": ARGUMENTS}}
USAGE = {"prompt_tokens": 120, "completion_tokens": 30}
WRITES = [chat_chunk({"role": "assistant", "tool_calls": [CALL]}), chat_chunk({}, "tool_calls"), chat_chunk(usage=USAGE), event("[DONE]")]


async def test_an_agent_at_a_service_on_the_network_survives_its_trouble(real: House) -> None:
    busy = Reply([b"{}"], status=503, headers={"Content-Type": "application/json"})
    async with faulty(busy, Reply(WRITES)) as server:
        await real.stop()
        real.backends = Configured((Backend("stage", "openai", f"{server.url}/v1", key_env="STAGE_KEY"),), {"STAGE_KEY": "secret-key"})
        await real.start()
        run_id = await real.begin(crew(agent()))
        run = await real.run_until(run_id)
        assert (run["status"], run["nodes"][0]["output"], run["nodes"][0]["attempt"]) == ("completed", {"n": 1}, 1)
        assert server.asked[-1].headers["authorization"] == "Bearer secret-key"
        told = server.asked[-1].body["messages"]
        assert (told[0]["content"], "PENSTOCK TASK draft" in told[1]["content"]) == ("You write notes.", True)
    calls = (await real.call("ledger.run", run_id=run_id))["calls"]
    assert [(row["status"], row.get("error_code"), row["input_tokens"]) for row in calls] == [
        ("error", "provider_overloaded", 0), ("ok", None, 120),
    ]  # fmt: skip
    await real.stop()
    assert not [file for file in real.folder.rglob("*") if file.is_file() and b"secret-key" in file.read_bytes()]


async def test_another_service_stands_in_for_one_that_refuses_the_key(real: House) -> None:
    refusal = Reply([b'{"error": {"type": "invalid_api_key", "message": "no"}}'], status=401, headers={"Content-Type": "application/json"})
    async with faulty(refusal) as first, faulty(Reply(WRITES)) as second:
        await real.stop()
        backends = (Backend("stage", "openai", f"{first.url}/v1"), Backend("understudy", "openai", f"{second.url}/v1"))
        real.backends = Configured(backends, {})
        await real.start()
        run = await real.run_until(await real.begin(crew(agent(), personas=UNDERSTUDY)))
        assert (run["status"], len(first.asked), second.asked[0].body["model"]) == ("completed", 1, "gpt-5")
        keys = [server.asked[0].headers["idempotency-key"] for server in (first, second)]
        assert keys[1] == f"{keys[0]}:1"
    rows = (await real.call("ledger.run", run_id=run["run_id"]))["calls"]
    assert [(row["backend"], row["model"], row.get("error_code"), row["cost_usd"]) for row in rows] == [
        ("stage", "gpt-5-mini", "provider_unauthorized", 0.0), ("understudy", "gpt-5", None, 0.00045),
    ]  # fmt: skip
