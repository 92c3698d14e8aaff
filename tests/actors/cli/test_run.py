from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from actors.cli.attend import _Watch
from actors.refusals import Refusal
from tests.actors.cli.conftest import Daemon, Penstock
from tests.actors.cli.world import World, node

FILE = "penstock: 1\nworkflow: w\nnodes: []\n"


@pytest.mark.parametrize(
    ("status", "code"), [("completed", 0), ("failed", 1), ("blocked", 3), ("cancelled", 4), ("paused", 5), ("waiting", 5)]
)
def test_the_exit_code_says_how_the_run_ended(world: World, penstock: Penstock, status: str, code: int) -> None:
    world.story = lambda: world.move(status)
    result = penstock("run", "w")
    assert result.exit_code == code, result.output
    assert f"r: {status}" in result.output


def test_without_a_terminal_each_event_is_a_line_and_the_end_names_outputs_and_report(world: World, penstock: Penstock) -> None:
    result = penstock("run", "w")
    assert result.output.splitlines()[0].endswith("  run completed")
    assert "notes = n.json" in result.output
    assert "report of the run: /data/runs/r/report.md" in result.output


def test_what_holds_for_all_nodes_is_sent_where_it_is_said(world: World, penstock: Penstock) -> None:
    assert penstock("run", "w", "--as", "bot", "--plugin-dir", "a", "--plugin-dir", "/b", "--model", "opus").exit_code == 0
    assert penstock("run", "w").exit_code == 0
    first, second = world.runtime.called("run_start")
    assert (first.as_identity, first.plugin_dirs, first.model) == ("bot", ("a", "/b"), "opus")
    assert (second.as_identity, second.plugin_dirs, second.model) == (None, (), None)


def test_a_file_is_sent_with_its_notation_and_folder_and_the_inputs(world: World, penstock: Penstock, tmp_path: Path) -> None:
    file = tmp_path / "flow.yml"
    file.write_text(FILE)
    assert penstock("run", str(file), "-i", "a=1", "-i", "b=x=y", "--priority", "7", "--request-id", "mine").exit_code == 0
    (name, params, _, request), *_ = world.runtime.calls
    assert (name, params.text, params.notation, params.source, params.folder) == ("run_start", FILE, "yaml", str(file), str(tmp_path))
    assert (params.inputs, params.priority, request.request_id) == ({"a": "1", "b": "x=y"}, 7, "mine")


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["run", "gone/flow.yaml"], "file_not_found", 66),
        (["run", "flow/flow.toml"], "notation_unknown", 2),
        (["run", "{tmp}/none.yaml"], "file_not_found", 66),
        (["run", "{tmp}"], "file_not_readable", 2),
        (["run", "{tmp}/folder.yaml"], "file_not_readable", 2),
        (["run", "{tmp}/large.yaml"], "file_too_large", 2),
        (["run", "{tmp}/latin.yaml"], "file_not_readable", 2),
        (["resume", "r", "--runtime", "soon"], "duration_malformed", 2),
        (["run", "w", "-i", "novalue"], "input_malformed", 2),
        (["run", "w", "-i", "a=1", "-i", "a=2"], "input_repeated", 2),
        (["run"], "usage", 2),
        (["run", "w", "--priority", "high"], "usage", 2),
        (["nonsense"], "usage", 2),
        (["run", "w", "--nonsense"], "usage", 2),
    ],
)
def test_a_users_mistake_is_one_sentence_with_a_code(
    penstock: Penstock, tmp_path: Path, words: list[str], code: str, exit_code: int
) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "large.yaml").write_text("x" * 300_000)
    (tmp_path / "latin.yaml").write_bytes(b"\xff\xfe")
    result = penstock(*(word.format(tmp=tmp_path) for word in words))
    assert result.exit_code == exit_code
    assert f"\ncode: {code}\n" in result.stderr
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("refusal", "exit_code"),
    [
        (Refusal("workflow_not_found", "there is none"), 66),
        (Refusal("missing_required_input", "input a is required"), 2),
        (Refusal("not_permitted", "you may not"), 77),
        (Refusal("overloaded", "later"), 69),
        (Refusal("storage_full", "no room"), 69),
    ],
)
def test_a_refused_start_is_no_failed_run(world: World, penstock: Penstock, refusal: Refusal, exit_code: int) -> None:
    world.runtime.answers["run_start"] = refusal
    result = penstock("run", "w")
    assert (result.exit_code, f"code: {refusal.code}" in result.stderr) == (exit_code, True)


def test_problems_of_a_refused_definition_are_printed_with_their_places(world: World, penstock: Penstock) -> None:
    problem = {"code": "cycle", "message": "a needs itself", "file": "f.yaml", "line": 4, "column": 2, "path": "nodes[0].needs"}
    world.runtime.answers["run_start"] = Refusal("workflow_invalid", "1 problem", {"problems": [problem]})
    result = penstock("run", "w")
    assert "f.yaml:4:2: cycle: a needs itself" in result.output
    assert result.exit_code == 2


def test_a_daemon_that_stops_meanwhile_is_69_and_the_run_is_safe(world: World, daemon: Daemon, penstock: Penstock) -> None:
    def stop() -> None:
        world.move("running")
        daemon.here.system.stop()

    world.story = stop
    result = penstock("run", "w")
    assert result.exit_code == 69, result.output
    assert "code: daemon_gone" in result.stderr or "code: shutting_down" in result.stderr
    assert "on when" in result.stderr


def test_resume_can_raise_the_runtime_limit(world: World, penstock: Penstock) -> None:
    penstock("resume", "r", "--runtime", "2h")
    assert world.runtime.called("run_resume")[0].limits == {"runtime_ms": 7_200_000}
    penstock("resume", "r", "--workflow-tokens", "5", "--workflow-cost", "1.5", "--workflow-tool-calls", "7")
    shared = {"workflow_tokens": 5, "workflow_cost_usd": 1.5, "workflow_tool_calls": 7}
    assert world.runtime.called("run_resume")[1].limits == shared


def test_json_is_one_object_at_the_end(world: World, penstock: Penstock) -> None:
    result = penstock("run", "w", "--json")
    value = json.loads(result.output)
    assert (value["run_id"], value["status"], value["exit_code"], value["output"]) == ("r", "completed", 0, {"notes": "n.json"})


def test_json_of_a_run_that_stands_still_says_what_would_move_it_on(world: World, penstock: Penstock) -> None:
    world.story = world.open_gate
    value = json.loads(penstock("run", "w", "--json").output)
    assert (value["exit_code"], value["open_gates"], len(value["next_steps"])) == (5, ["ok"], 1)


def test_detached_prints_the_id_and_leaves(world: World, penstock: Penstock) -> None:
    world.story = lambda: world.move("running")
    assert penstock("run", "w", "--detach").output == "r\n"
    assert json.loads(penstock("run", "w", "--detach", "--json").output)["run_id"] == "r"


def test_detached_without_a_daemon_is_refused(alone: Penstock) -> None:
    result = alone("run", "w", "--detach")
    assert (result.exit_code, "code: no_daemon" in result.stderr) == (69, True)


def test_without_a_daemon_the_command_carries_one_and_ends_it(world: World, carried: SimpleNamespace) -> None:
    result = carried.penstock("run", "w")
    assert result.exit_code == 0, result.output
    assert len(carried.daemons) == 1
    assert not carried.daemons[0]._thread.is_alive()


def test_a_refusal_to_start_the_carried_daemon_keeps_its_code(carried: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    class Locked(Exception):
        code, exit_code = "store_locked", 75

    def embedded(places: object) -> object:
        raise Locked("another daemon holds the folder")

    monkeypatch.setitem(sys.modules, "actors.daemon", SimpleNamespace(embedded=embedded))
    result = carried.penstock("run", "w")
    assert (result.exit_code, "code: store_locked" in result.stderr) == (75, True)


def test_an_interrupted_carried_run_ends_with_five_and_says_how_to_go_on(world: World, carried: SimpleNamespace) -> None:
    world.story = lambda: world.move("running", nodes=[node("a", "running")])
    world.on_shutdown = lambda: world.move("paused")

    def interrupt(self: object) -> bool:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Watch, "_drain", interrupt)
        result = carried.penstock("run", "w")
    assert result.exit_code == 5
    assert "penstock resume r" in result.output


def test_an_interrupted_run_of_a_daemon_goes_on_there(world: World, penstock: Penstock, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object) -> bool:
        raise KeyboardInterrupt

    world.story = lambda: world.move("running")
    monkeypatch.setattr(_Watch, "_drain", interrupt)
    result = penstock("run", "w")
    assert result.exit_code == 5
    assert "the daemon goes on with it" in result.output
