"""`penstock history`, `export`, `import`, and events as CloudEvents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.cli.cloudevents import cloudevent
from actors.cli.snapshot_files import file_name, file_names
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.test_offline import begun
from tests.actors.cli.world import World

SCOPE = {"schema_version": 1, "tenant_context": {"org_id": "o", "workspace_id": "w", "source": "explicit"}}
EVENT: dict[str, Any] = {
    "schema_version": 1, "event_id": "automation-v2-lifecycle-r-node_completed-abc-0", "run_id": "r", "seq": 7,
    "event_type": "stateful_runtime.automation_v2.node_completed", "occurred_at_ms": 1_700_000_000_123, "scope": SCOPE, "phase_id": "a",
    "correlation_id": "w", "payload": {"status": "running", "event": "node_completed"},
}  # fmt: skip
WOKEN = EVENT | {
    "event_id": "stateful-wait-k",
    "seq": 8,
    "event_type": "stateful_runtime.wait.timer_woken",
    "payload": None,
    "wait_kind": "timer",
}
SNAPSHOT: dict[str, Any] = {
    "snapshot_id": EVENT["event_id"], "run_id": "r", "seq": 7, "created_at_ms": 1_700_000_000_123, "status": "running",
    "phase": "running_phase", "checkpoint": {"completed_nodes": ["a"], "pending_nodes": ["b", "c"]},
    "payload_digest": f"sha256:{'ab' * 32}",
}  # fmt: skip
REACH = {"projected_records": 7, "caught_up": True}


@pytest.fixture
def told(world: World) -> World:
    world.runtime.answers |= {
        "projection_events": {"run_id": "r", "events": [EVENT, WOKEN], **REACH},
        "projection_snapshots": {"run_id": "r", "snapshots": [SNAPSHOT, {**SNAPSHOT, "checkpoint": None, "payload_digest": None}], **REACH},
        "projection_rebuild": {"run_id": "r", "materialised": 2, "observations": 0, "findings": ["snapshot_replaced"]},
        "run_export": {"path": "/x/r.penstock", "lines": 9, "bytes": 1},
        "run_import": {
            "run_id": "r", "workflow_id": "w", "status": "completed", "log": 4, "events": 4, "snapshots": 4, "artifacts": 0, "new": 8,
        },
    }  # fmt: skip
    return world


def test_events_and_snapshots_are_tables(told: World, penstock: Penstock) -> None:
    said = penstock("history", "r", "--after", "3", "--tail", "5").output
    assert "node_completed                     a     -          running" in said
    assert "stateful_runtime.wait.timer_woken  a     timer      -" in said
    asked = told.runtime.called("projection_events")[0]
    assert (asked.after_seq, asked.tail, asked.limit, asked.before_seq) == (3, 5, 250, None)
    said = penstock("history", "r", "--snapshots", "--limit", "9").output
    assert "running_phase  -     1     2        abababababab" in said
    assert told.runtime.called("projection_snapshots")[0].limit == 9
    assert json.loads(penstock("history", "r", "--json").output)["events"][0] == EVENT


def test_phases_are_a_table_with_what_may_follow(told: World, penstock: Penstock) -> None:
    moved = {"occurred_at_ms": 1, "payload": {"from_phase": None, "to_phase": "queued", "reason": "observed_status:queued"}}
    answer = {"run_id": "r", "phase": "queued", "allowed_next_phases": ["running_phase", "cancelled"], "transitions": [moved], **REACH}
    told.runtime.answers["projection_phases"] = answer
    said = penstock("history", "r", "--phases").output
    assert "seen  queued  -     observed_status:queued" in said
    assert "queued; may follow: running_phase, cancelled" in said
    told.runtime.answers["projection_phases"] = answer | {"phase": "completed", "allowed_next_phases": [], "transitions": []}
    assert "No phases.\ncompleted; may follow: nothing" in penstock("history", "r", "--phases").output


def test_what_is_not_told_yet_is_said(told: World, penstock: Penstock) -> None:
    told.runtime.answers["projection_events"] = {"run_id": "r", "events": [], "projected_records": 7, "caught_up": False}
    said = penstock("history", "r").output
    assert "No events." in said
    assert "(7 records are)" in said


def test_a_history_is_written_anew(told: World, penstock: Penstock) -> None:
    result = penstock("history", "r", "--rebuild", "--include-pruned")
    assert "2 written; snapshot_replaced" in result.stderr
    assert told.runtime.called("projection_rebuild")[0].include_pruned
    refused = penstock("history", "r", "--include-pruned")
    assert (refused.exit_code, "--rebuild" in refused.stderr) == (2, True)


def test_bundles_go_out_and_come_in(told: World, penstock: Penstock) -> None:
    assert penstock("export", "r").output == "/x/r.penstock: 9 lines, 1 byte\n"
    assert told.runtime.called("run_export")[0].path == str(Path("r.penstock").absolute())
    said = penstock("import", "x").output
    assert "r  w  completed: 4 events, 4 snapshots, 4 in its log" in said
    assert "8 of them are new here" in said
    told.runtime.answers["run_import"] |= {"new": 0}
    assert "here already" in penstock("import", "x").output
    assert "new" not in penstock("import", "x", "--check").output
    assert json.loads(penstock("import", "x", "--json").output)["run_id"] == "r"
    assert json.loads(penstock("export", "r", "-o", "y", "--json").output)["lines"] == 9


def test_a_damaged_bundle_is_damaged_data(world: World, penstock: Penstock) -> None:
    from actors.refusals import Refusal

    world.runtime.answers["run_import"] = Refusal(
        "bundle_damaged", "line 3 (from byte 77): the line of the part log is not as it was written", {}
    )
    result = penstock("import", "x")
    assert (result.exit_code, "line 3" in result.stderr) == (65, True)


def test_a_public_event_as_a_cloudevent() -> None:
    assert cloudevent(EVENT) == {
        "specversion": "1.0", "id": EVENT["event_id"], "source": "/penstock/runs/r", "type": EVENT["event_type"], "subject": "a",
        "time": "2023-11-14T22:13:20.123Z", "datacontenttype": "application/json", "sequence": "00000000000000000007",
        "partitionkey": "r", "phaseid": "a", "correlationid": "w", "orgid": "o", "workspaceid": "w", "data": EVENT["payload"],
    }  # fmt: skip
    names = set(cloudevent(WOKEN | {"causation_id": "c"}))
    assert {name for name in names if not (name.isalnum() and name.islower() and len(name) <= 20)} == set()
    assert cloudevent({name: value for name, value in EVENT.items() if name != "phase_id"})["subject"] == "r"


def test_cloudevents_are_one_a_line(told: World, penstock: Penstock) -> None:
    pages = [[EVENT, WOKEN], []]

    async def page(params: Any, by: Any, request: Any) -> Any:
        return {"run_id": "r", "events": pages.pop(0), **REACH}

    told.runtime.answers["projection_events"] = page
    lines = [json.loads(line) for line in penstock("events", "r", "--format", "cloudevents", "--after", "6").output.splitlines()]
    assert lines == [cloudevent(EVENT), cloudevent(WOKEN)]
    assert [asked.after_seq for asked in told.runtime.called("projection_events")] == [6, 8]


def test_cloudevents_are_followed(told: World, penstock: Penstock) -> None:
    told.runtime.logs["r"] = [EVENT | {"seq": 1}]
    told.runtime.ended.add("r")
    lines = [json.loads(line) for line in penstock("events", "r", "--format", "cloudevents", "--follow").output.splitlines()]
    assert lines == [cloudevent(EVENT | {"seq": 1})]


def test_p46_a_name_of_a_file_leads_nowhere_and_is_given_once() -> None:
    assert file_name("snapshot/../a") == "snapshot_.._a"
    assert [file_name(text) for text in ("", ".", "..", "é/x")] == ["_", "_", "_", "__x"]
    assert file_names(["a/b", "a_b", "c", "a?b"]) == ["a_b", "a_b-648fa9b3", "c", "a_b-c2a7b64a"]


def test_a_run_of_this_machine_is_shown_exported_and_read_elsewhere(alone: Penstock, tmp_path: Path) -> None:
    run_id = begun(alone, tmp_path)
    said = alone("history", run_id, "--snapshots").output
    assert "awaiting_approval  awaiting_approval" in said
    folder = tmp_path / "snapshots"
    assert f"snapshots are in {folder}" in alone("history", run_id, "--snapshots", "--to", str(folder)).output
    written = [json.loads(path.read_text()) for path in (folder / run_id).iterdir()]
    assert sorted(one["seq"] for one in written) == list(range(1, len(written) + 1))
    assert alone("history", run_id, "--to", str(folder)).exit_code == 2
    (tmp_path / "file").touch()
    assert alone("history", run_id, "--snapshots", "--to", str(tmp_path / "file" / "x")).exit_code == 1
    target = tmp_path / "run.penstock"
    assert alone("export", run_id, "-o", str(target)).exit_code == 0
    assert "here already" in alone("import", str(target)).output
    target.write_bytes(target.read_bytes().replace(b'"node_started"', b'"node_sTarted"', 1))
    assert alone("import", str(target)).exit_code == 65
