"""How single values are read: both sides of each bound, and every kind from TOML and from text."""

from __future__ import annotations

from typing import Any

import pytest

from actors.config.rules import Rule, Wrong
from actors.config.settings import table

RULES = {f"{section}.{key}": rule for section, keys in table().items() for key, (_, rule) in keys.items()}


def _reads(rule: Rule, raw: object) -> Any:
    try:
        return rule.read(raw)
    except Wrong:
        return "refused"


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("claims.lease", "4999ms", "refused"),
        ("claims.lease", "5s", 5_000),
        ("claims.lease", "21600s", 21_600_000),
        ("claims.lease", "21601s", "refused"),
        ("runs.cleanup_grace", 0, 0),
        ("runs.cleanup_grace", "3601s", "refused"),
        ("runs.restart_window", "0s", "refused"),
        ("runs.restart_window", "1ms", 1),
        ("runs.restart_max", 0, 0),
        ("runs.restart_max", -1, "refused"),
        ("nodes.kill_grace", "60s", 60_000),
        ("nodes.kill_grace", "61s", "refused"),
        ("scheduler.tick", "50ms", 50),
        ("scheduler.tick", "49ms", "refused"),
        ("scheduler.max_concurrent_runs", 0, "refused"),
        ("scheduler.max_concurrent_runs", 1, 1),
        ("gates.expires_after", 0, "refused"),
        ("retention.finished_runs", "30d", 2_592_000_000),
    ],
)
def test_bounds_hold_on_both_sides(key: str, raw: object, value: object) -> None:
    assert _reads(RULES[key], raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12", 12),
        (12, 12),
        ("+12", "refused"),
        ("1_000", "refused"),
        ("٣", "refused"),
        (True, "refused"),
        (1.0, "refused"),
        ("9" * 19, "refused"),
    ],
)
def test_a_count_is_a_plain_whole_number(raw: object, value: object) -> None:
    assert _reads(Rule("count", ""), raw) == value


@pytest.mark.parametrize("raw", [True, 1.5, "soon", "", "-1s", None, ["1s"]])
def test_what_is_no_duration_is_refused(raw: object) -> None:
    assert _reads(Rule("duration", ""), raw) == "refused"


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("names", "PATH, HOME,,LANG ", ("PATH", "HOME", "LANG")),
        ("names", ["PATH", "HOME"], ("PATH", "HOME")),
        ("names", [], ()),
        ("names", ["PATH", 3], "refused"),
        ("names", ["PATH", " "], "refused"),
        ("names", 3, "refused"),
        ("principals", [1000, "@staff"], ("1000", "@staff")),
        ("principals", [True], "refused"),
    ],
)
def test_lists_come_from_toml_or_from_text_with_commas(kind: Any, raw: object, value: object) -> None:
    assert _reads(Rule(kind, ""), raw) == value


def test_the_bounds_are_said_in_words() -> None:
    assert RULES["nodes.kill_grace"].allowed.endswith("at least 0s and at most 60s")
    assert RULES["gates.expires_after"].allowed.endswith("more than 0s")
    assert RULES["runs.restart_max"].allowed == "a whole number, at least 0"


@pytest.mark.parametrize(("ms", "text"), [(0, "0s"), (1, "1ms"), (1_500, "1500ms"), (60_000, "1m"), (604_800_000, "7d"), (90_000, "90s")])
def test_a_duration_is_shown_in_the_largest_unit_that_is_exact(ms: int, text: str) -> None:
    assert Rule("duration", "").show(ms) == text


@pytest.mark.parametrize(
    ("raw", "value"),
    [(True, True), (False, False), ("true", True), (" False ", False), (1, "refused"), (1.0, "refused"), ("yes", "refused")],
)
def test_a_flag_is_true_or_false(raw: object, value: object) -> None:
    assert _reads(Rule("flag", ""), raw) is value or value == "refused" == _reads(Rule("flag", ""), raw)
    assert Rule("flag", "").allowed == "true or false"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("penstock-a", "penstock-a"),
        ("ä" * 128, "ä" * 128),
        ("a" * 129, "refused"),
        ("", "refused"),
        ("two words", "refused"),
        ("tab\t", "refused"),
        ("bell\a", "refused"),
        (7, "refused"),
    ],
    ids=["word", "longest", "too-long", "empty", "blank", "tab", "control", "number"],
)
def test_a_word_is_short_and_without_blanks(raw: object, value: object) -> None:
    assert _reads(RULES["claims.claimant_id"], raw) == value
    assert RULES["claims.claimant_id"].allowed.startswith("one word of at most 128 characters")


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("notify.command", ["tell", ""], ("tell", "")),
        ("notify.command", '["tell", "a b"]', ("tell", "a b")),
        ("notify.command", [], "refused"),
        ("notify.command", [" "], "refused"),
        ("notify.command", ["a\0b"], "refused"),
        ("notify.command", "tell me", "refused"),
        ("notify.command", ["tell", 5], "refused"),
        ("notify.command", ["x"] * 257, "refused"),
        ("notify.url", "https://hook.example/x?y=1", "https://hook.example/x?y=1"),
        ("notify.url", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("tools.http_hosts", ["Example.org", "*.a.org:8443"], ("example.org", "*.a.org:8443")),
        ("tools.http_hosts", "a.org, b.org:1,", ("a.org", "b.org:1")),
        ("tools.http_hosts", [], ()),
        ("tools.http_hosts", ["http://a.org"], "refused"),
        ("tools.http_hosts", [7], "refused"),
        ("tools.http_hosts", {"a": 1}, "refused"),
        ("notify.url", "ftp://hook.example/", "refused"),
        ("notify.url", "https://", "refused"),
        ("notify.url", "https://user:pass@hook.example/", "refused"),
        ("notify.url", "https://hook.example/#part", "refused"),
        ("notify.url", "https://hook.example:99999/", "refused"),
        ("notify.url", "https://hook.example:0/", "refused"),
        ("notify.url", "https://hook.example/a b", "refused"),
        ("notify.url", "https://hook.example/\u00e4", "refused"),
        ("notify.url", "https://[::1/", "refused"),
        ("notify.url", 5, "refused"),
        ("telemetry.metrics_listen", "127.0.0.1:9464", "127.0.0.1:9464"),
        ("telemetry.metrics_listen", "[::1]:65535", "[::1]:65535"),
        ("telemetry.metrics_listen", "127.0.0.1:0", "refused"),
        ("telemetry.metrics_listen", "127.0.0.1:65536", "refused"),
        ("telemetry.metrics_listen", "0.0.0.0:9464", "refused"),
        ("telemetry.metrics_listen", 9464, "refused"),
        ("telemetry.service_name", "night shift", "refused"),
        ("notify.key_file", "/etc/key", "/etc/key"),
        ("notify.key_file", "key", "refused"),
        ("notify.events", ["run_failed", "gate_opened"], ("gate_opened", "run_failed")),
        ("notify.events", "gate_opened, run_failed", ("gate_opened", "run_failed")),
        ("notify.events", [], ()),
        ("notify.events", ["gate_closed"], "refused"),
        ("gates.resolver_backoff", 1, 1.0),
        ("gates.resolver_backoff", "2.5", 2.5),
        ("gates.resolver_backoff", 10.1, "refused"),
        ("gates.resolver_backoff", 0.9, "refused"),
        ("gates.resolver_backoff", "nan", "refused"),
        ("gates.resolver_backoff", "fast", "refused"),
        ("gates.resolver_backoff", True, "refused"),
        ("gates.resolver_jitter", 0, 0.0),
        ("gates.resolvers", {"b": ["gh"], "a": "https://x.example/"}, (("a", "https://x.example/"), ("b", ("gh",)))),
        ("gates.resolvers", '{"pr_checks": "forge:https://api.x.example"}', (("pr_checks", "forge:https://api.x.example"),)),
        ("gates.resolvers", {"pr_checks": "forge:https://x.example/?a=1"}, "refused"),
        ("gates.resolvers", {"human_review": ["gh"]}, "refused"),
        ("gates.resolvers", {"quality_gate": ["gh"]}, "refused"),
        ("gates.resolvers", {"PR": ["gh"]}, "refused"),
        ("gates.resolvers", {"pr_checks": 5}, "refused"),
        ("gates.resolvers", "[", "refused"),
        ("gates.resolvers", [], "refused"),
        ("gates.tokens", {"default": "file:/etc/token", "bot": "env:BOT"}, (("bot", "env:BOT"), ("default", "file:/etc/token"))),
        ("gates.tokens", {"default": "s3cret"}, "refused"),
        ("gates.tokens", {"default": "file:token"}, "refused"),
        ("gates.tokens", {"default": "env:A-B"}, "refused"),
        ("gates.tokens", {"default": 5}, "refused"),
        ("gates.tokens", {"": "env:A"}, "refused"),
    ],
)  # fmt: skip
def test_what_names_something_outside(key: str, raw: object, value: object) -> None:
    assert _reads(RULES[key], raw) == value


def test_tables_are_shown_as_one_writes_them() -> None:
    rule = RULES["gates.resolvers"]
    written = {"deploy": "https://x.example/", "pr_checks": ["gh", "pr"]}
    assert rule.show(rule.read(written)) == written
