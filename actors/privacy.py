"""What a command that a model has chosen must not see of this machine: Penstock's own folders, the home, and every file with a key."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from actors.agent.tools.sandbox import Private

if TYPE_CHECKING:
    from actors.config import Config
    from actors.paths import Places

__all__ = ["private_places"]


def private_places(places: Places, config: Config) -> Private:
    """Those of them that are there, without links on the way."""
    keys = [*(one.key_file for one in config.backends), *(one.file for one in config.secrets), config.notify.key_file]
    keys += [server.token_file for server in config.mcp]
    tokens = [where.removeprefix("file:") for _, where in config.gates.tokens if where.startswith("file:")]
    folders = (places.data, places.socket.parent, Path("~").expanduser())
    files = (places.config_file, *(Path(name) for name in (*keys, *tokens) if name is not None))
    return Private(_real(path for path in folders if path.is_dir()), _real(path for path in files if path.is_file()))


def _real(paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(path.resolve()) for path in paths))
