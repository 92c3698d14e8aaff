"""Every setting with its default and its bounds, in one table. Adding a line here is all that a new setting takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import Attribute, Factory, field, fields, frozen

from actors.config.backends import DEFAULTS, Backend
from actors.config.mcp import McpServer
from actors.config.rules import Rule
from actors.config.secrets import SecretSource
from actors.config.sections import (
    Campaign,
    Claims,
    Control,
    Daemon,
    Flow,
    Gates,
    Ledger,
    Nodes,
    Notify,
    Projection,
    Reaper,
    Retention,
    Runs,
    Scheduler,
    Schedules,
    Storage,
    Telemetry,
    Tools,
    Waits,
    Worktrees,
)

if TYPE_CHECKING:
    from actors.config.identities import Identity
    from actors.config.item_providers import ItemProvider

__all__ = ["DEFAULT", "NAMED", "Config", "Entry", "table"]

NAMED = ("backends", "mcp", "secrets", "item_providers", "identities")
"""Sections of tables that have names of their own."""

DEFAULT = "default"


@frozen
class Entry:
    """One setting in force: `key` is `section.key`, `value` as one writes it in the file, `origin` a file, a variable or `default`."""

    key: str
    value: Any
    origin: str
    allowed: str
    says: str


@frozen
class Config:
    """All settings in force. Durations are whole milliseconds. `origins` names where each key that was set came from.

    `backends`, `mcp`, `secrets`, `item_providers` and `identities` stand in tables of their own, such as `[backends.NAME]`, and in the
    file alone.
    """

    runs: Runs = Factory(Runs)
    nodes: Nodes = Factory(Nodes)
    claims: Claims = Factory(Claims)
    reaper: Reaper = Factory(Reaper)
    scheduler: Scheduler = Factory(Scheduler)
    gates: Gates = Factory(Gates)
    notify: Notify = Factory(Notify)
    schedules: Schedules = Factory(Schedules)
    waits: Waits = Factory(Waits)
    control: Control = Factory(Control)
    daemon: Daemon = Factory(Daemon)
    retention: Retention = Factory(Retention)
    projection: Projection = Factory(Projection)
    ledger: Ledger = Factory(Ledger)
    campaign: Campaign = Factory(Campaign)
    telemetry: Telemetry = Factory(Telemetry)
    tools: Tools = Factory(Tools)
    storage: Storage = Factory(Storage)
    flow: Flow = Factory(Flow)
    worktrees: Worktrees = Factory(Worktrees)
    backends: tuple[Backend, ...] = DEFAULTS
    mcp: tuple[McpServer, ...] = ()
    secrets: tuple[SecretSource, ...] = ()
    item_providers: tuple[ItemProvider, ...] = ()
    identities: tuple[Identity, ...] = ()
    origins: Mapping[str, str] = field(default=Factory(dict), eq=False, repr=False)

    def entries(self) -> list[Entry]:
        """One row per setting, in the order of this file: what `penstock config` prints."""
        return [
            Entry(
                key=f"{section}.{key}",
                value=rule.show(getattr(getattr(self, section), attribute.name)),
                origin=self.origins.get(f"{section}.{key}", DEFAULT),
                allowed=rule.allowed,
                says=rule.says,
            )
            for section, keys in table().items()
            for key, (attribute, rule) in keys.items()
        ]


def table() -> dict[str, dict[str, tuple[Attribute[Any], Rule]]]:
    """Section to key to field and rule, in the order of this file. A key is its field's name without the unit that Python wants to see."""
    made = Config()
    return {one.name: _keys(type(getattr(made, one.name))) for one in fields(Config) if one.name not in {*NAMED, "origins"}}


def _keys(section: Any) -> dict[str, tuple[Attribute[Any], Rule]]:
    return {one.name.removesuffix("_ms"): (one, one.metadata["rule"]) for one in fields(section)}
