"""Whether what a start request says for all nodes of its run can hold: the identity is known, the folders are there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from actors.config.identities import NOBODY
from actors.refusals import Refusal
from actors.run.defaults import NO_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.run.messages import Admit
    from actors.settings import RunRules

__all__ = ["given_defaults"]


def given_defaults(rules: RunRules, admit: Admit) -> tuple[Admit, tuple[Refusal, ...]]:
    """The request with absolute folders in its defaults, and everything that is wrong with these.

    Those of a run that another one makes, by a node or as its fork, come from that: what it was started with was looked at then.
    """
    given = admit.defaults
    if given == NO_DEFAULTS or admit.origin is not None:
        return admit, ()
    flaws = list(_unknown(rules, given.as_identity))
    folders = [Path(admit.cwd or "", folder) for folder in given.plugin_dirs]
    flaws += [flaw for folder in folders if (flaw := _unfit(folder)) is not None]
    whole = tuple(dict.fromkeys(os.path.realpath(folder) for folder in folders))
    return evolve(admit, defaults=evolve(given, plugin_dirs=whole)), tuple(flaws)


def _unknown(rules: RunRules, identity: str | None) -> Iterator[Refusal]:
    """A name for which nothing is configured would work as nobody, in silence."""
    known = sorted({NOBODY, *rules.identities, *rules.gate_identities})
    if identity is not None and identity not in known:
        text = f"There is no identity {identity!r}. Known are: {', '.join(known)}. "
        text += f"Add [identities.{identity}] to the configuration, or name another."
        yield Refusal("identity_unknown", text, {"as_identity": identity, "known": known})


def _unfit(folder: Path) -> Refusal | None:
    if not folder.is_absolute():
        text = f"The plugin folder {folder} is relative, and nothing says to which folder. Give an absolute path, or cwd."
        return Refusal("plugin_dir_not_absolute", text, {"plugin_dir": str(folder)})
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where a folder above must not be looked into
        text = f"The plugin folder {folder} is no folder that exists. Name the folder of the plugin itself."
        return Refusal("plugin_dir_missing", text, {"plugin_dir": str(folder)})
    return None
