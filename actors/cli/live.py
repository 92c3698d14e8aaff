"""The live tree of a run on a terminal. Drawn by hand at each change and tick; rich refreshes nothing by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live as RichLive
from rich.text import Text
from rich.tree import Tree

from actors.cli.glyphs import GLYPHS, UNKNOWN
from actors.cli.text import elapsed, visible

__all__ = ["Live"]

_STATUS = {"completed": "green", "failed": "red", "blocked": "red", "cancelled": "red", "paused": "yellow", "awaiting_approval": "yellow"}
_MARGIN = 6


class Live:
    """A view: the run's nodes with state, title, attempt and time."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._live = RichLive(console=self._console, auto_refresh=False, transient=False)
        self._run: dict[str, Any] | None = None
        self._clock = _Clock()
        self._live.start()

    def event(self, event: dict[str, Any]) -> None:
        """Only its time matters here: it tells how late it is over there."""
        self._clock.heard(int(event["at_ms"]))

    def show(self, run: dict[str, Any]) -> None:
        """Draw the run."""
        self._run = run
        self._draw()

    def tick(self) -> None:
        """Let the times go on."""
        self._draw()

    def say(self, text: str) -> None:
        """One line above the tree."""
        self._console.print(Text(visible(text), style="yellow"))

    def suspended(self) -> AbstractContextManager[object]:
        """Leave the last picture standing and start a new one afterwards."""
        return self._suspended()

    @contextmanager
    def _suspended(self) -> Iterator[None]:
        self._live.stop()
        try:
            yield
        finally:
            self._live = RichLive(console=self._console, auto_refresh=False)
            self._live.start()

    def close(self) -> None:
        """The last picture stays."""
        self._draw()
        self._live.stop()

    def _draw(self) -> None:
        if self._run is not None:
            self._live.update(picture(self._run, self._clock.now_ms(), self._console.height - _MARGIN), refresh=True)


class _Clock:
    """The daemon's wall clock as its events tell it, carried on by our own seconds."""

    def __init__(self) -> None:
        self._heard_ms: int | None = None
        self._at = 0.0

    def heard(self, at_ms: int) -> None:
        if self._heard_ms is None or at_ms >= (self.now_ms() or 0):
            self._heard_ms, self._at = at_ms, time.monotonic()

    def now_ms(self) -> float | None:
        return None if self._heard_ms is None else self._heard_ms + (time.monotonic() - self._at) * 1000


def picture(run: dict[str, Any], now_ms: float | None, height: int) -> Tree:
    """The run as a tree; when it has more nodes than `height` lines, those that rest are counted instead of shown."""
    head = Text()
    head.append(visible(run.get("title") or run["workflow_id"]), style="bold")
    head.append(f"  {visible(run['run_id'])}  ", style="dim")
    head.append(visible(run["status"]), style=_STATUS.get(run["status"], "cyan"))
    tree = Tree(head, guide_style="dim")
    nodes, resting = _chosen(run["nodes"], max(height, 3))
    last = None
    for node in nodes:
        if node.get("finally") and last is None:
            last = tree.add(Text("finally", style="dim"))
        (last or tree).add(_line(node, now_ms))
    if resting:
        tree.add(Text("… " + ", ".join(f"{count} {status}" for status, count in resting.items()), style="dim"))
    return tree


def _chosen(nodes: list[dict[str, Any]], height: int) -> tuple[list[dict[str, Any]], dict[str, int]]:
    if len(nodes) <= height:
        return nodes, {}
    active = [node for node in nodes if node["status"] not in {"pending", "completed", "skipped"}][:height]
    resting: dict[str, int] = {}
    shown = {node["node_id"] for node in active}
    for node in nodes:
        if node["node_id"] not in shown:
            resting[node["status"]] = resting.get(node["status"], 0) + 1
    return active, resting


def _line(node: dict[str, Any], now_ms: float | None) -> Text:
    glyph, style = GLYPHS.get(node["status"], UNKNOWN)
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{glyph} ", style=style)
    line.append(visible(node.get("title") or node["node_id"]))
    if (node.get("attempt") or 0) > 1:
        line.append(f"  attempt {node['attempt']}/{node.get('max_attempts', '?')}", style="yellow")
    started, ended = node.get("started_at_ms"), node.get("ended_at_ms") or now_ms
    if started is not None and ended is not None and node["status"] != "pending":
        line.append(f"  {elapsed(ended - started)}", style="dim")
    if child := node.get("child_run_id"):
        line.append(f"  {visible(child)}", style="dim")
    due = node.get("retry_after_ms")
    if due is not None and now_ms is not None:
        line.append(f"  again in {elapsed(due - now_ms)}", style="yellow")
    error = node.get("error")
    if error:
        line.append(f"  {visible(error.get('code', ''))}: {visible(error.get('message', ''))}", style="red")
    return line
