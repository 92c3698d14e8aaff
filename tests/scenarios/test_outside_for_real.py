"""A daemon in real time, with a real program that is told, a real one that answers, and a forge over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import orjson
import trio

from tests.actors.outside.served import serving
from tests.actors.resolver.forged import Forge
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House

T = TypeVar("T")
PULL = "options: {repository: acme/site, pull: '{{ inputs.pull }}'}"


async def _until(look: Callable[[], T]) -> T:
    """What `look` finds, once it finds something."""
    while True:
        if found := look():
            return found
        await trio.sleep(0.02)


def _heard(folder: Path, number: int) -> list[dict[str, object]]:
    """What the program was told, once it was told so much."""
    found = sorted(folder.glob("*.json"))
    return [orjson.loads(file.read_bytes()) for file in found] if len(found) >= number else []


async def test_a_forge_answers_a_program_answers_and_a_program_is_told(real: House, place: Path) -> None:
    told = place / "told"
    told.mkdir()
    (place / "token").write_text("t0ken")
    tell = f'cat > {told}/part.$$ && mv {told}/part.$$ {told}/"$(date +%s%N)".json'
    async with serving() as server:
        forge = Forge(checks=[("lint", "in_progress", None)])
        forge.join(server)
        real.configure("notify", command=("sh", "-c", tell))
        real.configure(
            "gates", resolver_min_interval_ms=1_000, resolver_jitter=0.0, tokens=(("default", f"file:{place}/token"),),
            resolvers=(("deploy", ("sh", "-c", "cat > /dev/null; echo '{\"state\": \"approved\"}'")), ("pr_checks", f"forge:{server.url}")),
        )  # fmt: skip
        await real.restart()
        with trio.fail_after(50):
            gates = ("{id: d, gate: deploy}", f"{{id: c, gate: pr_checks, needs: [d], {PULL}}}", gate("ask", "needs: [c], prompt: Sure?"))
            text = flow(*gates, step("x", "needs: [ask]"), top="inputs: {pull: {type: string, required: true}}")
            run_id = await real.begin(text, inputs={"pull": "7"})
            await _until(lambda: forge.full and forge.unchanged)
            forge.checks = [("lint", "completed", "success")]
            await real.when(run_id, lambda run: "ask" in run["open_gates"])
            heard = await _until(lambda: _heard(told, 3))
            assert sorted(str(one["id"]).removeprefix(f"workflow:{run_id}:") for one in heard) == [
                "ask:1:opened",
                "c:1:decided",
                "d:1:decided",
            ]
            assert (await real.call("notify.test"))["ways"][0]["ok"]
            await real.decide(run_id, "approve")
            run = await real.run_until(run_id)
    assert [record["decided_by"].partition(":")[0] for record in run["gate_history"]] == ["resolver", "resolver", "uid"]
    assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer t0ken"}
    assert forge.unchanged >= 1
