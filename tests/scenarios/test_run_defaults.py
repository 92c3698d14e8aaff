"""What a start request says for all nodes of its run holds at every depth, for its forks, and after a restart (flow spec 1.5, 7.1, 7.6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve

from actors.config.identities import Identity
from tests.scenarios.commanded import on_stage
from tests.scenarios.harness import House

WHO = "shell: 'echo $WHO'"
LEAF = f"penstock: 1\nworkflow: leaf\nnodes:\n  - {{id: who, {WHO}}}\n"
MIDDLE = f"""penstock: 1
workflow: middle
nodes:
  - {{id: own, {WHO}, as: other}}
  - {{id: guest, agent: guest}}
  - {{id: sub, workflow: leaf}}
  - {{id: named, workflow: leaf, as: other}}
  - {{id: items, foreach: {{over: list, workflow: leaf, scope: {{values: x}}, max_parallel: 1}}}}
"""
TOP = "penstock: 1\nworkflow: top\nnodes:\n  - {id: ask, gate: human_approval}\n  - {id: sub, workflow: middle, needs: [ask]}\n"


async def below(house: House, run_id: str) -> dict[str, Any]:
    """What each node of the runs below has said, by the way that leads to it."""
    found: dict[str, Any] = {}
    for line in (await house.call("run.list", parent_run_id=run_id))["runs"]:
        run = await house.run(line["run_id"])
        begun_by = run["parent_node_id"]
        found |= {f"{begun_by}.{node['node_id']}": node.get("output") for node in run["nodes"] if node["kind"] in ("shell", "agent")}
        found |= {f"{begun_by}.{way}": said for way, said in (await below(house, run["run_id"])).items()}
    return found


async def test_identity_plugin_folders_and_model_reach_the_runs_below_and_forks(real: House, place: Path) -> None:
    real.config = evolve(real.config, identities=tuple(Identity(name, {"WHO": name}) for name in ("default", "bot", "other")))
    stage = await on_stage(real, {"session": "s-1", "answer": "Served."})
    agents = place / "plugin" / "agents"
    agents.mkdir(parents=True)
    (agents / "guest.md").write_text("Serve.")
    for text in (LEAF, MIDDLE):
        await real.put(text)
    plugin = str(place / "plugin")
    given = {"as_identity": "bot", "plugin_dirs": ["plugin"], "model": "opus", "cwd": str(place)}
    run_id = await real.begin(TOP, **given)
    await real.run_until(run_id, "awaiting_approval")
    await real.restart()
    await real.decide(run_id, "approve")
    run = await real.run_until(run_id)
    said = {
        "sub.own": "other", "sub.guest": "Served.", "sub.sub.who": "bot", "sub.named.who": "other", "sub.items.who": "default",
    }  # fmt: skip
    assert (run["status"], run["as_identity"], run["plugin_dirs"], run["model"]) == ("completed", "bot", [plugin], "opus")
    assert await below(real, run_id) == said
    [asked] = stage.asked
    words = asked["argv"]
    assert (words[words.index("--plugin-dir") + 1], words[words.index("--model") + 1]) == (plugin, "opus")
    assert "You work as: bot" in asked["stdin"]
    assert (run["metrics"]["model"], run["metrics"]["total_cache_creation_input_tokens"]) == ("claude-x", 30)
    fork = await real.run_until((await real.call("run.fork", run_id=run_id, from_nodes=["sub"]))["run_id"])
    assert (fork["status"], fork["as_identity"], fork["plugin_dirs"], fork["model"]) == ("completed", "bot", [plugin], "opus")
    assert await below(real, fork["run_id"]) == said


async def test_what_cannot_hold_is_refused_before_there_is_a_run_and_shown_by_a_dry_run(d: House) -> None:
    text = LEAF.replace("leaf", "alone")
    refused = await d.refused("run.start", text=text, as_identity="bott")
    assert (refused.code, refused.data["known"]) == ("identity_unknown", ["default"])
    assert (await d.refused("run.start", text=text, plugin_dirs=["/nowhere/at/all"])).code == "plugin_dir_missing"
    assert (await d.call("run.list"))["runs"] == []
    run = await d.run(await d.begin(text, dry_run=True, as_identity="bott", plugin_dirs=["/nowhere/at/all"]))
    problems = run["output"]["plan"]["problems"]
    assert [(one["code"], one["path"], one["value"]) for one in problems] == [
        ("identity_unknown", "as_identity", "bott"), ("plugin_dir_missing", "plugin_dir", "/nowhere/at/all"),
    ]  # fmt: skip
    assert (run["as_identity"], run["plugin_dirs"]) == ("bott", ["/nowhere/at/all"])
