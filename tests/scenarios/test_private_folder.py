"""A function that asks for its context finds the working folder that it names, also when nothing else of the run needed one."""

from __future__ import annotations

from pathlib import Path

import trio

from actors.assembly import Assembly
from actors.config import Config
from actors.control import params as p
from actors.paths import resolve
from actors.refusals import Principal, RequestKey

TEXT = "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, python: 'notes:note'}\n"


async def test_a_context_names_a_folder_that_is_there(place: Path) -> None:
    (place / "notes.py").write_text("import os\nasync def note(context):\n    return os.path.isdir(context.workdir)\n")
    with Assembly.open(resolve({}, data=place / "data"), Config(), lambda reason: None, listen=False, inline=True) as assembly:
        async with trio.open_nursery() as nursery:
            await nursery.start(assembly.system.run)
            params = p.RunStart(text=TEXT, source="w.yaml", folder=str(place))
            answer = await assembly.runtime.run_start(params, Principal(0), RequestKey("r", "r"))
            assert isinstance(answer, dict)
            node: dict[str, object] = {}
            for _ in range(100):
                node = await _node(assembly, str(answer["run_id"]))
                if node["status"] == "completed":
                    break
                await trio.sleep(0.1)
            assert node.get("output") is True
            assembly.system.stop()


async def _node(assembly: Assembly, run_id: str) -> dict[str, object]:
    found = await assembly.runtime.run_get(p.RunOnly(run_id), Principal(0))
    assert isinstance(found, dict)
    node: dict[str, object] = found["run"]["nodes"][0]
    return node
