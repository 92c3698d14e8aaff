"""What the tools of servers were when a run first used them: a small log beside the run's own, written before a model hears of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from actors.entity import Fact
from actors.mcp.events import McpToolChanged, McpToolPinned
from storage import Unavailable, VersionConflict
from storage.codec import Codec
from storage.records import Append, Headline, Transaction

if TYPE_CHECKING:
    from storage.store import Store
    from supervision import Clock

__all__ = ["KIND", "hold", "pins_codec", "pins_of", "stream_of"]

KIND: Final = "mcp_pins"
"""These logs in the catalog; the parent of each is its run."""


@cache
def pins_codec() -> Codec[Fact]:
    """The codec of these logs."""
    return Codec((McpToolPinned, McpToolChanged))


def stream_of(run_id: str) -> str:
    """The name of the run's log of tools."""
    return f"{KIND}:{run_id}"


class _Held:
    """What the log says. A run that people had begin anew holds to nothing of before."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.seq = 0
        self.began_ms: int | None = None
        self.pinned: dict[tuple[str, str], tuple[int, McpToolPinned]] = {}
        self.changed: dict[tuple[str, str], McpToolChanged] = {}
        for recorded in store.journal.read(stream_of(run_id)):
            self.seq, fact = recorded.seq, pins_codec().decode(recorded)
            self.began_ms = self.began_ms or recorded.at_ms
            if isinstance(fact, McpToolPinned):
                self.pinned[fact.server, fact.tool] = (recorded.at_ms, fact)
                self.changed.pop((fact.server, fact.tool), None)
            elif isinstance(fact, McpToolChanged):
                self.changed[fact.server, fact.tool] = fact


async def hold(store: Store, clock: Clock, run_id: str, anew: int, server: str, found: Mapping[str, str]) -> dict[str, str]:
    """The digest to which the run holds for each tool in `found` (name to digest as it is now), which is recorded where it is new.

    What has changed is recorded, too. A disk that takes nothing just now is waited for. Raises what else the store raises.
    """
    while True:
        held, now = _Held(store, run_id), clock.now_ms()
        pins = {tool: fact.sha256 for tool in found if (fact := _in_force(held, server, tool, anew)) is not None}
        facts: list[Fact] = [McpToolPinned(server, tool, sha256, anew) for tool, sha256 in found.items() if tool not in pins]
        for tool, pinned in pins.items():
            told = held.changed.get((server, tool))
            if pinned != found[tool] and (told is None or told.found != found[tool]):
                facts.append(McpToolChanged(server, tool, pinned, found[tool], anew))
        try:
            if facts:
                events = tuple(map(pins_codec().encode, facts))
                line = Headline(stream_of(run_id), KIND, "open", held.began_ms or now, now, parent=run_id)
                await store.commit(Transaction(now, (Append(stream_of(run_id), held.seq, events, headline=line),)))
        except VersionConflict:
            continue  # another node of the run was first
        except Unavailable:
            await store.wait_writable()
        else:
            return {tool: pins.get(tool, sha256) for tool, sha256 in found.items()}


def _in_force(held: _Held, server: str, tool: str, anew: int) -> McpToolPinned | None:
    known = held.pinned.get((server, tool))
    return known[1] if known is not None and known[1].anew >= anew else None


def pins_of(store: Store, run_id: str) -> list[dict[str, Any]]:
    """The tools that the run has used, each {server, tool, sha256, pinned_at_ms, changed_to?}, by server and name."""
    held = _Held(store, run_id)
    return [
        {"server": server, "tool": tool, "sha256": fact.sha256, "pinned_at_ms": at_ms}
        | ({"changed_to": held.changed[server, tool].found} if (server, tool) in held.changed else {})
        for (server, tool), (at_ms, fact) in sorted(held.pinned.items())
    ]
