"""The personas that a daemon knows beside those of its workflows: files in the configuration's folder, read again when they change."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import Factory, define, frozen

from actors.agent.backends import Backends
from actors.agent.binding import Pool
from actors.agent.consents import Consents
from actors.agent.persona import ENDINGS, read_text
from actors.secrets.redactor import Redactor
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.spec_agent import Persona
from actors.workflow.tool_names import ToolPolicy

__all__ = ["FOLDER", "Roster"]

FOLDER: Final = "personas"
LARGEST: Final = 256 << 10
MOST_FILES: Final = 500
_Stamp = tuple[int, int]


@frozen
class _Read:
    stamp: _Stamp
    persona: Persona | None
    problem: str


@define(eq=False)
class Roster:
    """`folder` may be missing. A file that cannot be read is a persona that cannot be bound, and harms no other.

    `servers` are the MCP servers of the configuration, `policy` is what it says of tools.
    `redactor` keeps secrets out of what is bound: a persona's digest is of what is left.
    """

    folder: Path
    backends: Backends
    consents: Consents
    servers: frozenset[str] = frozenset()
    policy: ToolPolicy = ()
    redactor: Redactor = Factory(Redactor)
    _files: dict[str, _Read] = Factory(dict)

    def pool(self) -> Pool:
        """What a binding may choose from at this moment, personas sorted by name. Of two files with one name the first counts."""
        known: dict[str, Persona] = {}
        broken: dict[str, str] = {}
        for file, read in self._look().items():
            if read.persona is None:
                broken[Path(file).stem] = read.problem
            elif read.persona.name in known:
                broken[Path(file).stem] = f"{file} names itself {read.persona.name}, as a file before it does"
            else:
                known[read.persona.name] = read.persona
        personas = tuple(known[name] for name in sorted(known))
        agents = frozenset(name for name, traits in self.backends.traits().items() if traits.own_tools)
        endless = frozenset(name for name, traits in self.backends.traits().items() if traits.own_tools and not traits.bounds_turns)
        backends, consents = dict(self.backends.available()), frozenset(self.consents.given())
        return Pool(personas, broken, backends, consents, agents, self.servers, self.policy, endless=endless, clean=self.redactor.text)

    def _look(self) -> dict[str, _Read]:
        try:
            files = sorted(file for file in self.folder.iterdir() if file.suffix in ENDINGS)[:MOST_FILES]
        except OSError:
            files = []
        self._files = {file.name: self._read(file) for file in files}
        return self._files

    def _read(self, file: Path) -> _Read:
        stamp = (0, 0)
        try:
            found = file.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            known = self._files.get(file.name)
            if known is not None and known.stamp == stamp:
                return known
            if not file.is_file() or found.st_size > LARGEST:
                return _Read(stamp, None, f"{file.name} is no plain file of at most {LARGEST} bytes")
            return _Read(
                stamp, read_text(self.redactor.text(file.read_text("utf-8")), source=file.name, stem=file.stem, ending=file.suffix), ""
            )
        except WorkflowInvalid as invalid:
            return _Read(stamp, None, str(invalid))
        except (OSError, UnicodeDecodeError) as error:
            return _Read(stamp, None, f"{file.name} cannot be read: {error}")
