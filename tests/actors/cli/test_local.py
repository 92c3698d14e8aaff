"""Commands that work on files: check, config, doctor, verify, backup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
import trio

from actors.cli import checks, doctor, probe
from actors.cli.link import Link
from actors.node.guardian.guardian import Guardian
from storage import Append, Limits, NewEvent, Store, Transaction
from supervision.clock import SystemClock
from tests.actors.cli.conftest import Daemon, Penstock
from tests.actors.cli.world import World

GOOD = "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, command: ['true']}\n"


def written(folder: Path) -> Path:
    """A store with two events."""

    async def write() -> None:
        with Store.open(folder, clock=SystemClock(), inline=True, limits=Limits()) as store:
            async with trio.open_nursery() as nursery:
                await nursery.start(store.serve)
                events = (NewEvent("a", b"{}"), NewEvent("b", b"{}"))
                await store.commit(Transaction(appends=(Append("run-1", 0, events),), at_ms=1))
                nursery.cancel_scope.cancel()

    trio.run(write)
    return folder / "penstock.db"


def test_check_prints_every_problem_with_its_place(alone: Penstock, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD)
    bad.write_text("penstock: 1\nworkflow: BAD NAME\nnodes:\n  - {id: a, comand: ['true'], needs: [zz]}\n")
    assert alone("check", str(good)).output == f"{good}: ok\n"
    result = alone("check", str(good), str(bad))
    assert result.exit_code == 2
    lines = [line for line in result.output.splitlines() if line.startswith(str(bad))]
    assert len(lines) >= 2
    assert lines[0].startswith(f"{bad}:2:")
    [first, second] = json.loads(alone("check", str(good), str(bad), "--json").output)
    assert (first["ok"], second["ok"], len(second["problems"])) == (True, False, len(lines))


def test_check_names_a_missing_file(alone: Penstock, tmp_path: Path) -> None:
    result = alone("check", str(tmp_path / "none.yaml"))
    assert (result.exit_code, "file_not_found" in result.output) == (66, True)


def test_config_says_what_is_in_force_and_from_where(alone: Penstock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "penstock.toml").write_text('[scheduler]\nmax_concurrent_runs = 3\n[nodes]\nkill_grace = "1s"\n')
    monkeypatch.setenv("PENSTOCK_NODES_KILL_GRACE", "2s")
    rows = {row["key"]: row for row in json.loads(alone("config", "--json").output)["settings"]}
    assert (rows["scheduler.max_concurrent_runs"]["value"], rows["nodes.kill_grace"]["value"]) == (3, "2s")
    assert rows["scheduler.max_concurrent_runs"]["origin"].endswith("penstock.toml")
    assert rows["nodes.kill_grace"]["origin"] == "PENSTOCK_NODES_KILL_GRACE"
    assert "penstock.toml" in alone("config").output
    assert "MEANING" in alone("config", "--explain").output


def test_config_says_which_backends_there_are_and_tells_nothing_secret(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text(
        '[backends.local]\nbase_url = "http://127.0.0.1:1"\nheaders = {X-Team = "canary"}\n'
        '[backends.openai]\nkey_file = "/run/key"\n[backends.anthropic]\nkey_env = "CLAUDE"\n'
    )
    rows = {row["name"]: row for row in json.loads(alone("config", "--json").output)["backends"]}
    assert rows["local"]["headers"] == ["x-team"]
    shown = [line.split() for line in alone("config").output.splitlines()]
    assert ["local", "openai", "http://127.0.0.1:1", "none"] in shown
    assert [line[-1] for line in shown if line[:1] in (["openai"], ["anthropic"])] == ["CLAUDE", "/run/key"]
    assert "canary" not in alone("config").output + alone("config", "--json").output


def test_config_names_mcp_servers_and_where_secrets_come_from_and_no_secret(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text(
        '[mcp.near]\ncommand = ["near", "--key=s3cret"]\nenv = ["TOKEN"]\ntools = ["a", "b"]\n'
        '[mcp.far]\nurl = "https://far.example/mcp?key=s3cret"\ntoken_file = "/t"\nheaders = {X-Key = "s3cret"}\n'
    )
    said = alone("config").output + alone("config", "--json").output
    for part in ("near (and 1 more words)", "https://far.example/mcp ", "TOKEN", "a, b", "/t", '"x-key"'):
        assert part in said
    assert "s3cret" not in said


def test_config_names_secrets_and_where_they_lie(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text('[secrets.github]\nenv = "TOKEN"\n')
    assert json.loads(alone("config", "--json").output)["secrets"] == [{"secret": "github", "source": "env TOKEN"}]
    assert "github  env TOKEN" in alone("config").output


def test_settings_that_cannot_be_used_are_78(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text("[nodes]\nnonsense = 1\n")
    result = alone("config")
    assert (result.exit_code, "code: config_invalid" in result.stderr) == (78, True)


def test_verify_without_a_daemon_reads_the_store_itself(alone: Penstock, tmp_path: Path) -> None:
    database = written(tmp_path / "data")
    assert alone("verify").output == "log: ok, 2 events\naudit: ok, 0 entries\n"
    assert database.exists()


def test_verify_of_no_store_makes_none(alone: Penstock, tmp_path: Path) -> None:
    result = alone("verify")
    assert (result.exit_code, "code: store_not_found" in result.stderr) == (66, True)
    assert not (tmp_path / "data").exists()


def test_a_store_that_is_in_use_is_75(alone: Penstock, tmp_path: Path) -> None:
    written(tmp_path / "data")
    with Store.open(tmp_path / "data", clock=SystemClock(), inline=True):
        assert alone("verify").exit_code == 75


def test_backup_without_a_daemon_copies_the_store_and_keeps_what_is_there(alone: Penstock, tmp_path: Path) -> None:
    written(tmp_path / "data")
    target = tmp_path / "copy.db"
    answer = json.loads(alone("backup", str(target), "--json").output)
    assert (answer["position"], answer["size"], answer["blobs"]) == (2, target.stat().st_size, 0)
    again = alone("backup", str(target))
    assert (again.exit_code, "code: backup_exists" in again.stderr) == (1, True)
    assert alone("backup", str(tmp_path / "no" / "copy.db")).exit_code == 66


def test_with_a_daemon_both_go_through_it(world: World, penstock: Penstock, tmp_path: Path) -> None:
    world.runtime.answers |= {
        "store_verify": {"ok": False, "events": 7, "problems": [{"stream": "run-1", "seq": 3, "what": "changed"}]},
        "audit_verify": {"ok": True, "entries": 2, "problems": []},
        "store_backup": {"path": "/b", "position": 5, "size": 9, "blobs": 0},
    }
    result = penstock("verify")
    assert result.exit_code == 65
    assert result.output == "log: DAMAGED, 7 events\n  run-1 at 3: changed\naudit: ok, 2 entries\n"
    assert json.loads(penstock("verify", "--json").output)["store"]["events"] == 7
    assert penstock("backup", str(tmp_path / "b")).output == "path: /b  position: 5  size: 9  blobs: 0\n"
    assert world.runtime.called("store_backup")[0].path == str(tmp_path / "b")


def by_check(link: Link) -> dict[str, list[checks.Finding]]:
    found: dict[str, list[checks.Finding]] = {}
    for one in doctor.examine(link):
        found.setdefault(one.check, []).append(one)
    return found


def link_at(tmp_path: Path) -> Link:
    return Link(data=str(tmp_path / "data"), socket=str(tmp_path / "run" / "s"), config=str(tmp_path / "penstock.toml"))


def test_the_doctor_looks_at_everything_and_changes_nothing(alone: Penstock, tmp_path: Path) -> None:
    result = alone("doctor")
    assert result.exit_code == 0, result.output
    assert {row["check"] for row in json.loads(alone("doctor", "--json").output)} == set(checks.CHECKS)
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_says_what_to_do_about_folders_and_settings(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "penstock.toml").write_text("[nodes]\nnonsense = 1\n")
    found = by_check(link_at(tmp_path))
    assert [found[name][0].level for name in ("data", "socket", "settings")] == ["fail"] * 3
    assert "chmod 700" in found["data"][0].advice
    (tmp_path / "data").chmod(0o700)
    (tmp_path / "run").chmod(0o700)
    (tmp_path / "penstock.toml").unlink()
    written(tmp_path / "data")
    found = by_check(link_at(tmp_path))
    assert [found[name][0].level for name in ("data", "socket", "settings")] == ["ok"] * 3
    (tmp_path / "data" / "penstock.db").chmod(0o644)
    assert by_check(link_at(tmp_path))["data"][0].level == "fail"


def test_the_doctor_greets_a_daemon_that_answers(world: World, daemon: Daemon) -> None:
    world.runtime.answers["system_info"] = {"version": "9.9", "pid": 4}
    assert "daemon 9.9 answers" in by_check(Link(socket=daemon.socket))["socket"][0].text


def test_the_doctor_says_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    found = by_check(link_at(tmp_path))
    assert (found["data"][0].level, found["fsync"][0].level) == ("fail", "warn")
    assert "not writable" in found["data"][0].text


@pytest.mark.parametrize(
    ("target", "value", "check", "level"),
    [
        ("shutil.disk_usage", lambda _: _Usage(100 << 20), "disk", "fail"),
        ("shutil.disk_usage", lambda _: _Usage(500 << 20), "disk", "warn"),
        ("shutil.which", lambda _: None, "git", "warn"),
        ("sqlite3.sqlite_version_info", (3, 30, 0), "sqlite", "fail"),
        ("resource.getrlimit", lambda _: (256, 256), "limits", "warn"),
        ("statistics.median", lambda _: 50.0, "fsync", "warn"),
        ("sys.platform", "darwin", "system", "fail"),
    ],
)
def test_the_doctor_knows_what_is_too_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, value: Any, check: str, level: str
) -> None:
    monkeypatch.setattr(f"actors.cli.checks.{target}", value)
    finding = checks.CHECKS[check](link_at(tmp_path))[0]
    assert (finding.level, bool(finding.advice)) == (level, True)


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(alone: Penstock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "probe", lambda *_: ("no processes", 0.0))
    monkeypatch.setitem(checks.CHECKS, "disk", lambda _: 1 / 0)
    result = alone("doctor")
    assert result.exit_code == 1
    assert "the check itself broke: ZeroDivisionError" in result.output
    assert "no processes" in result.output
    assert "SQLite" in result.output


def test_the_probe_says_why_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "did not run" in str(probe.probe()[0])
    monkeypatch.setattr(Guardian, "spawn", AsyncMock(side_effect=OSError(24, "Too many open files")))
    assert probe.probe()[0] == "no process could be started: Too many open files"
