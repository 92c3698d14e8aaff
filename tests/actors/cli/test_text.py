from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from actors.cli.ending import next_steps
from actors.cli.live import Live, picture
from actors.cli.text import clock_time, elapsed, visible, visible_lines
from actors.cli.view import event_line
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
    assert clock_time(None) == "-"


def test_an_event_line_leaves_out_what_is_empty_and_shortens_what_is_long() -> None:
    line = event_line({"seq": 7, "event": "x", "at_ms": 0, "a": None, "b": [1, 2], "c": {"k": 1}, "d": "y" * 200, "e": 0, "f": False})
    assert "a=" not in line
    assert "b=[2] c={1}" in line
    assert "e=0 f=False" in line
    assert len(line) < 160


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
