"""Nodes that make a request, by a daemon in real time: secrets, retries with one key, a plan, and what is unknown after a break."""

from __future__ import annotations

from pathlib import Path

import orjson
import trio
from attrs import evolve

from actors.config.secrets import SecretSource
from tests.actors.outside.served import Asked, answer, serving
from tests.scenarios.flows import flow
from tests.scenarios.harness import House

RETRY = "retry: {max_attempts: 2, on: [provider_transient], backoff: {strategy: none}}"


async def test_a_request_is_made_with_its_secret_again_with_the_same_key_and_never_blindly(real: House, place: Path) -> None:
    (place / "token").write_text("t0ken-of-the-forge")
    (place / "token").chmod(0o600)

    def respond(asked: Asked) -> bytes:
        if asked.path.startswith("/lost"):
            return b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
        return (
            answer(503)
            if asked.path.startswith("/a%20b") and len(seen("/a%20b")) == 1
            else answer(200, {"id": 7, "you": "t0ken-of-the-forge"})
        )

    async with serving() as server:
        server.respond = respond

        def seen(path: str) -> list[Asked]:
            return [asked for asked in server.asked if asked.path.startswith(path)]

        real.configure("flow", http_hosts=(server.url.removeprefix("http://"),))
        real.config = evolve(real.config, secrets=(*real.config.secrets, SecretSource("forge", file=str(place / "token"))))
        await real.restart()
        ask = f'{{id: ask, http: "{server.url}/{{{{ inputs.name }}}}", method: POST, output: json, {RETRY}, '
        ask += 'headers: {Authorization: "Bearer {{ secrets.forge }}"}, body: {run: "{{ run.id }}"}}'
        then = f'{{id: then, needs: [ask], http: "{server.url}/then?id={{{{ nodes.ask.output.id }}}}"}}'
        lost = f'{{id: lost, needs: [then], http: "{server.url}/lost", method: DELETE, effect: once, {RETRY}}}'
        text = flow(ask, then, lost, top="inputs: {name: {type: string, required: true}}")
        dry = await real.call("run.start", text=text, inputs={"name": "a b"}, dry_run=True)
        assert server.asked == []
        planned = (await real.run(dry["run_id"]))["output"]["plan"]["nodes"]
        assert planned[0]["request"]["url"] == f"{server.url}/a%20b"
        assert planned[0]["request"]["headers"] == {"Authorization": "Bearer {{ secrets.forge }}"}
        with trio.fail_after(30):
            run_id = await real.begin(text, inputs={"name": "a b"})
            run = await real.run_until(run_id, "awaiting_approval")
        first, second = seen("/a%20b")
        assert first.headers["authorization"] == "Bearer t0ken-of-the-forge"
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
        assert orjson.loads(second.body) == {"run": run_id}
        told = {node["node_id"]: node for node in run["nodes"]}
        assert (told["ask"]["attempt"], told["ask"]["output"]["id"], "t0ken" in str(run)) == (2, 7, False)
        assert ([asked.path for asked in seen("/then")], len(seen("/lost"))) == (["/then?id=7"], 1)
        assert run["open_gates"] == ["lost.outcome"]
        assert "lost ended without a recorded outcome" in (await real.gate(run_id))["prompt"]
