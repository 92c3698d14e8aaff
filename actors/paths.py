"""Where everything lies: data folder, control socket, configuration file, one folder per run. Computes paths, creates nothing."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

__all__ = ["HomeUnknown", "Places", "resolve"]


class HomeUnknown(Exception):
    """There is no `$HOME` and no entry for this uid, so nobody can tell where the data lies."""

    code = "home_unknown"
    exit_code = 78

    def __init__(self) -> None:
        super().__init__(f"no $HOME and no passwd entry for uid {os.getuid()}; name a data folder in $PENSTOCK_HOME")


@frozen
class Places:
    """The places of one instance, all absolute.

    Instances with different data folders never meet: whoever names a folder (`--data`, `PENSTOCK_HOME`) gets the socket below it.
    """

    data: Path
    socket: Path
    config_file: Path

    @property
    def runs(self) -> Path:
        """The parent of all run folders."""
        return self.data / "runs"

    def run(self, run_id: str) -> Path:
        """The private folder of one run: work, artifacts, logs, report. `run_id` is one of ours, never text from outside."""
        if not run_id or "/" in run_id or run_id.startswith("."):
            message = f"not a run id: {run_id!r}"
            raise ValueError(message)
        return self.runs / run_id


def resolve(
    environ: Mapping[str, str], *, data: str | Path | None = None, socket: str | Path | None = None, config: str | Path | None = None
) -> Places:
    """Places from the options of a command (first) and the environment.

    Data: `data`, else `$PENSTOCK_HOME`, else `$XDG_DATA_HOME/penstock`, else `~/.local/share/penstock`.
    Socket: `socket`, else `run/control.sock` below a data folder that was named, else `$XDG_RUNTIME_DIR/penstock/control.sock`, else
    `run/control.sock` below the data folder. Configuration: `config`, else `penstock.toml` in `$XDG_CONFIG_HOME/penstock`, else in
    `~/.config/penstock`. As the XDG rules have it, a relative `$XDG_...` is ignored; other relative paths start at the current folder.
    """
    named = data or environ.get("PENSTOCK_HOME") or None
    folder = _absolute(named) if named else _xdg(environ, "XDG_DATA_HOME", ".local/share") / "penstock"
    return Places(folder, _socket(environ, socket, folder, named=bool(named)), _config(environ, config))


def _socket(environ: Mapping[str, str], socket: str | Path | None, folder: Path, *, named: bool) -> Path:
    if socket:
        return _absolute(socket)
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if not named and runtime.startswith("/"):
        return Path(runtime) / "penstock" / "control.sock"
    return folder / "run" / "control.sock"


def _config(environ: Mapping[str, str], config: str | Path | None) -> Path:
    return _absolute(config) if config else _xdg(environ, "XDG_CONFIG_HOME", ".config") / "penstock" / "penstock.toml"


def _xdg(environ: Mapping[str, str], name: str, below_home: str) -> Path:
    value = environ.get(name, "")
    return Path(value) if value.startswith("/") else _home(environ) / below_home


def _home(environ: Mapping[str, str]) -> Path:
    if environ.get("HOME", "").startswith("/"):
        return Path(environ["HOME"])
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise HomeUnknown from None


def _absolute(path: str | Path) -> Path:
    return Path(path).absolute()
