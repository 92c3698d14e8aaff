"""Settings: defaults, bounds, origins, and all mistakes at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import fields

from actors.config import Config, ConfigInvalid, load
from actors.config.settings import NAMED, table


def _file(folder: Path, text: str) -> Path:
    path = folder / "penstock.toml"
    path.write_text(text)
    return path


def test_without_file_and_environment_everything_is_at_its_default(tmp_path: Path) -> None:
    config = load({}, tmp_path / "absent.toml")
    assert config == Config()
    assert {entry.origin for entry in config.entries()} == {"default"}


def test_no_file_at_all_is_fine() -> None:
    assert load({}, None).scheduler.max_concurrent_runs == 8


def test_the_file_sets_a_key_and_is_named_as_its_origin(tmp_path: Path) -> None:
    path = _file(tmp_path, '[claims]\nlease = "1m"\n')
    config = load({}, path)
    assert config.claims.lease_ms == 60_000
    assert [(e.value, e.origin) for e in config.entries() if e.key == "claims.lease"] == [("1m", str(path))]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = _file(tmp_path, "[scheduler]\nmax_concurrent_runs = 3\n")
    config = load({"PENSTOCK_SCHEDULER_MAX_CONCURRENT_RUNS": "5"}, path)
    assert config.scheduler.max_concurrent_runs == 5
    assert config.origins["scheduler.max_concurrent_runs"] == "PENSTOCK_SCHEDULER_MAX_CONCURRENT_RUNS"


def test_a_key_with_an_underscore_in_its_name_is_found_in_the_environment() -> None:
    assert load({"PENSTOCK_CLAIMS_RENEW_EVERY": "2s"}, None).claims.renew_every_ms == 2_000


@pytest.mark.parametrize("name", ["PENSTOCK_HOME", "PENSTOCK_CRASH_AT", "PENSTOCK_OUTPUT", "PENSTOCK_NODE_ID", "XDG_RUNTIME_DIR"])
def test_variables_that_name_no_section_are_nobodys_settings(name: str) -> None:
    assert load({name: "anything"}, None) == Config()


def test_all_mistakes_of_file_and_environment_are_reported_at_once(tmp_path: Path) -> None:
    path = _file(tmp_path, '[claims]\nlease = "1s"\nlaese = "30s"\n[sheduler]\ntick = 1\n')
    with pytest.raises(ConfigInvalid) as caught:
        load({"PENSTOCK_SCHEDULER_MODE": "dual"}, path)
    problems = {problem.key: problem for problem in caught.value.problems}
    assert set(problems) == {"claims.lease", "claims.laese", "sheduler.tick", "scheduler.mode"}
    assert (problems["claims.lease"].found, problems["claims.lease"].origin) == ("1s", str(path))
    assert problems["scheduler.mode"].allowed == "one of single, multi"
    assert problems["scheduler.mode"].origin == "PENSTOCK_SCHEDULER_MODE"
    assert (caught.value.code, caught.value.exit_code) == ("config_invalid", 78)


def test_an_unknown_key_is_answered_with_the_keys_of_its_section() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load({"PENSTOCK_CLAIMS_LEASES": "30s"}, None)
    assert caught.value.problems[0].allowed == "claims.lease, claims.renew_every, claims.claimant_id"


@pytest.mark.parametrize("text", ["[claims\n", "claims = 3\n", "\udcff"])
def test_a_file_that_is_no_table_of_sections_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "penstock.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigInvalid) as caught:
        load({}, path)
    assert caught.value.problems[0].origin == str(path)


def test_a_file_that_may_not_be_read_is_an_error_and_not_a_default(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid):
        load({}, tmp_path)


def test_renewal_must_fit_twice_into_the_lease() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load({"PENSTOCK_CLAIMS_LEASE": "15s"}, None)
    assert [(p.key, p.found) for p in caught.value.problems] == [("claims.renew_every", "10s")]
    assert "15s" in caught.value.problems[0].allowed


def test_the_tick_follows_the_mode_unless_it_is_set() -> None:
    assert load({}, None).scheduler.effective_tick_ms == 1_000
    assert load({"PENSTOCK_SCHEDULER_MODE": "single"}, None).scheduler.effective_tick_ms == 500
    assert load({"PENSTOCK_SCHEDULER_TICK": "250ms"}, None).scheduler.effective_tick_ms == 250


def test_what_is_shown_can_be_written_back_and_means_the_same(tmp_path: Path) -> None:
    def text(value: object) -> str:
        return str(value).lower() if isinstance(value, bool | int) else str(list(value)) if isinstance(value, tuple) else f'"{value}"'

    lines: dict[str, list[str]] = {}
    for entry in Config().entries():
        section, key = entry.key.split(".")
        if entry.value is not None:
            lines.setdefault(section, []).append(f"{key} = {text(entry.value)}")
    path = _file(tmp_path, "\n".join(f"[{section}]\n" + "\n".join(rows) for section, rows in lines.items()))
    assert load({}, path) == Config()


def test_every_line_of_the_table_says_what_it_is_for_and_what_is_allowed() -> None:
    assert all(entry.says and entry.allowed for entry in Config().entries())
    assert set(table()) == {one.name for one in fields(Config)} - {*NAMED, "origins"}


def test_the_interval_of_resolvers_does_not_shrink() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load({"PENSTOCK_GATES_RESOLVER_MIN_INTERVAL": "10m"}, None)
    assert [(p.key, p.found) for p in caught.value.problems] == [("gates.resolver_max_interval", "5m")]


def test_the_time_between_tries_of_the_projector_does_not_shrink() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load({"PENSTOCK_PROJECTION_RETRY_INITIAL": "10m"}, None)
    assert [p.key for p in caught.value.problems] == ["projection.retry_max"]


def test_what_is_posted_is_signed() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load({"PENSTOCK_NOTIFY_URL": "https://hook.example/"}, None)
    assert [(p.key, p.origin) for p in caught.value.problems] == [("notify.key_file", "PENSTOCK_NOTIFY_URL")]


def test_tables_come_from_the_file_and_from_the_environment(tmp_path: Path) -> None:
    path = _file(tmp_path, '[gates.resolvers]\npr_checks = ["gh", "pr", "view"]\n[notify]\ncommand = ["tell"]\n')
    assert load({}, path).gates.resolver_types == ("pr_checks",)
    assert load({}, path).notify.ways == ("command",)
    both = load({"PENSTOCK_GATES_RESOLVERS": '{"deploy": "https://x.example/"}'}, path)
    assert both.gates.resolvers == (("deploy", "https://x.example/"),)
