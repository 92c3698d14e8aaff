from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from actors.cli.ending import next_steps
from actors.cli.live import Live, picture
from actors.cli.narrate import Narrator, event_line, plain_line
from actors.cli.text import date_time, elapsed, span, visible, visible_lines
from tests.actors.cli.world import World, node


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"), ("größe ✔", "größe ✔"), ("\x1b[2J", "\\x1b[2J"), ("a\u202eb", "a\\u202eb"), ("a\u200bb", "a\\u200bb"),
        ("\u2066x", "\\u2066x"), ("\x9b", "\\x9b"), ("\u2028", "\\u2028"), ("\ufeff", "\\ufeff"), ("\U000e0041", "\\U000e0041"),
        ("\x00\x7f", "\\x00\\x7f"), ("\ud800", "\\ud800"), ("a\nb", "a\\x0ab"),
    ],
)  # fmt: skip
def test_what_would_act_on_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_visible_text_is_printable_and_lines_stay_lines(text: str) -> None:
    assert not set(visible(text)) & set(map(chr, [*range(32), *range(127, 160), 0x200B, 0x202E, 0x2066]))
    assert visible_lines(text).count("\n") == text.count("\n")
    assert "\x1b" not in visible_lines(text)


def test_times_are_short() -> None:
    assert [elapsed(ms) for ms in (None, -5, 400, 12_000, 185_000, 7_620_000)] == ["", "0.0s", "0.4s", "12s", "3m05s", "2h07m"]
    assert [elapsed(ms) for ms in (172_740_000, 172_800_000, 601_200_000)] == ["47h59m", "2d00h", "6d23h"]
    assert date_time(None) == "-"
    assert [span(ms) for ms in (500, 10_000, 300_000, 7_200_000, 604_800_000, 90_000)] == ["0.5s", "10s", "5m", "2h", "7d", "1m30s"]


def at(ms: int, event: str, **fields: object) -> dict[str, object]:
    return {"seq": 7, "event": event, "at_ms": ms, **fields}


def test_an_event_that_the_client_does_not_know_is_shown_by_its_short_fields() -> None:
    event = at(0, "x", a=None, b=[1, 2], c={"k": 1}, d="y" * 200, e=0, f=False)
    line = event_line(Narrator(), event)
    assert "a=" not in line
    assert 'x b=[1, 2] c={"k": 1} d=yyy' in line
    assert line.endswith("… e=0 f=false")
    assert "y" * 200 in plain_line(event)


def test_events_of_a_node_say_attempt_duration_and_the_first_line_of_what_came_out() -> None:
    narrator = Narrator()
    begun = narrator.words(at(1000, "node_started", node_id="a", attempt=2, instance=1))
    done = at(3500, "node_completed", node_id="a", attempt=2, output="one\ntwo", artifact={"path": "o.txt", "size": 1})
    assert begun == "a  started, attempt 2"
    assert narrator.words(done) == "a  completed in 2.5s, attempt 2 -> o.txt (1 byte): one…"
    failed = at(3500, "node_failed", node_id="b", code="exit_code", attempt=1, max_attempts=3, message="exit 3\nmore")
    assert narrator.words(failed) == "b  failed, attempt 1 of 3, exit_code: exit 3…"
    again = at(3500, "node_retry_backoff_scheduled", node_id="b", retry_attempt=2, retry_backoff_ms=2000, retry_after_ms=5500)
    assert narrator.words(again) == "b  tries again in 2s, attempt 2"


def test_somebody_who_watches_is_spared_claims_digests_and_repetitions() -> None:
    narrator = Narrator()
    assert narrator.live_line(at(0, "run_execution_claimed", claim_id="c", claimant_id="p", lease_epoch=1)) is None
    opened = at(
        0,
        "approval_gate_opened",
        gate_name="ok",
        gate_type="human_approval",
        nonce="n" * 32,
        shown={"prompt": "Publish?"},
        shown_digest="d" * 64,
    )
    assert str(narrator.live_line(opened)).endswith("  ok  waits for a person: Publish?")
    decided = at(0, "approval_gate_decided", gate_name="ok", decision="rework", decided_by="uid:1", feedback="shorter", reset_nodes=["a"])
    assert narrator.words(decided) == "ok  sent back by uid:1: shorter; done again: a"
    assert narrator.live_line(at(0, "node_completed", node_id="ok", attempt=0, output={"decision": "approve"})) is None


def drawn(run: dict[str, object], height: int = 40) -> str:
    out = io.StringIO()
    Console(file=out, width=100, force_terminal=False).print(picture(run, 10_000, height))
    return out.getvalue()


def test_the_tree_shows_state_title_attempt_time_and_error() -> None:
    error = {"code": "exit_code", "message": "exit\x1b 3"}
    nodes = [
        node("a", "completed", started_at_ms=1000, ended_at_ms=3000),
        node("b", "running", attempt=2, max_attempts=3, started_at_ms=7000),
        node("c", "failed", error=error, title=None),
        node("z", "pending", **{"finally": True}),
    ]
    text = drawn({**World().run, "status": "running", "nodes": nodes})
    assert "✔ A  2.0s" in text
    assert "▶ B  attempt 2/3  3.0s" in text
    assert "✘ c  exit_code: exit\\x1b 3" in text
    assert "finally" in text
    assert "· Z" in text


def test_a_large_tree_shows_what_moves_and_counts_the_rest() -> None:
    nodes = [node(f"n{number}", "completed") for number in range(50)] + [node("now", "running")] + [node("p", "pending")]
    text = drawn({**World().run, "nodes": nodes}, height=10)
    assert "Now" in text
    assert "50 completed, 1 pending" in text
    assert len(text.splitlines()) < 12


def test_the_live_view_gives_the_terminal_away_and_takes_it_back() -> None:
    out = io.StringIO()
    live = Live(Console(file=out, width=80, force_terminal=True))
    live.tick()
    live.event({"at_ms": 5000})
    live.show({**World().run, "nodes": [node("a", "running", started_at_ms=4000)]})
    with live.suspended():
        out.write("QUESTION")
    live.say("a word")
    live.event({"at_ms": 4000})
    live.tick()
    live.close()
    assert out.getvalue().index("QUESTION") < out.getvalue().index("a word")


def test_what_moves_a_run_on_depends_on_where_its_daemon_is() -> None:
    run = {"run_id": "r", "status": "paused", "open_gates": []}
    assert next_steps(run, embedded=False) == ["penstock resume r"]
    assert "or start penstockd" in next_steps(run, embedded=True)[0]
    assert next_steps({**run, "status": "waiting"}, embedded=False) == []
    assert next_steps({**run, "reasons": [{"code": "c", "text": "t", "next": ["penstock approve r"]}]}, embedded=True) == [
        "penstock approve r"
    ]
