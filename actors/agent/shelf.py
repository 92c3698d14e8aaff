"""Where the files lie of which a run's agents are made: agents, snippets and schemas. Read once, when the run is made (flow spec 8.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from actors.workflow.projects import MARK

__all__ = ["LARGEST", "Found", "NotOnShelf", "Shelf"]

LARGEST: Final = 256 << 10
SCHEMA_ENDINGS: Final = (".yaml", ".yml", ".json")


class NotOnShelf(Exception):
    """There is no such file, or none that may be read: args (code, message, data)."""

    @property
    def code(self) -> str:
        """A word of its own for each cause."""
        return str(self.args[0])

    @property
    def data(self) -> Mapping[str, Any]:
        """`name`, and where that was looked for: `searched`."""
        found: Mapping[str, Any] = self.args[2]
        return found

    def __str__(self) -> str:
        return str(self.args[1])


@frozen
class Found:
    """A file and its text, secrets taken out."""

    path: Path
    text: str


@frozen
class Shelf:
    """`roots` are absolute folders, the run's own before its repository's: at each level the first one counts. `workflow` are the names of
    the workflow as folders. `agent_dirs` are further folders with agents, absolute or below the roots. `clean` takes secrets out.
    """

    roots: tuple[str, ...] = ()
    workflow: tuple[str, ...] = ()
    agent_dirs: tuple[str, ...] = ()
    clean: Callable[[str], str] = str

    def agent(self, name: str, plugin_dirs: tuple[str, ...] = ()) -> Found:
        """The file `NAME.md` of an agent. Raises NotOnShelf."""
        folders = [*self._own("agents"), *self.agent_dirs, *(f"{folder}/agents" for folder in plugin_dirs)]
        return self._first(folders, (f"{name}.md",), "agent", name)

    def agent_at(self, path: str) -> Found:
        """The file of an agent below one of the roots. Raises NotOnShelf."""
        return self._first([""], (path,), "agent", path)

    def snippet(self, name: str) -> Found:
        """A snippet by its name, or by its path below one of the roots. Raises NotOnShelf."""
        if "/" in name or "\\" in name:
            return self._first([""], (name.replace("\\", "/"),), "snippet", name)
        return self._first(self._own("prompts"), (f"{name}.md",), "snippet", name)

    def schema(self, name: str) -> Found:
        """The schema of an answer. Raises NotOnShelf."""
        return self._first(self._own("schemas"), tuple(f"{name}{ending}" for ending in SCHEMA_ENDINGS), "schema", name)

    def _own(self, what: str) -> list[str]:
        """The workflow's own folder, then that of all workflows."""
        return [*(f"{MARK}/workflows/{name}/{what}" for name in self.workflow), f"{MARK}/{what}"]

    def _first(self, folders: Iterable[str], names: tuple[str, ...], what: str, wanted: str) -> Found:
        searched: list[str] = []
        for folder in dict.fromkeys(folders):
            for root in self._bases(folder):
                for name in names:
                    file = root / folder / name
                    searched.append(str(file))
                    if file.is_file():
                        return self._take(file, root / folder if Path(folder).is_absolute() else root, what, wanted)
        places = ", ".join(searched) or "nowhere: neither the run nor its workflow has a folder"
        code = "schema_resolver_missing" if what == "schema" and not searched else f"{what}_not_found"
        text = f"There is no {what} {wanted!r}. Looked for: {places}. Write that file, or name another."
        raise NotOnShelf(code, text, {"name": wanted, "searched": searched})

    def _bases(self, folder: str) -> list[Path]:
        return [Path("/")] if Path(folder).is_absolute() else [Path(root) for root in self.roots]

    def _take(self, file: Path, root: Path, what: str, wanted: str) -> Found:
        real, data = file.resolve(), {"name": wanted, "searched": [str(file)]}
        if not real.is_relative_to(root.resolve()):
            text = f"The {what} {wanted!r} lies outside of {root}: {real}. Put it inside, without a link that leads out and without `..`."
            raise NotOnShelf(f"{what}_outside_repository", text, data)
        try:
            if real.stat().st_size > LARGEST:
                raise NotOnShelf(f"{what}_unreadable", f"{file} has more than {LARGEST} bytes. Make it smaller.", data)
            return Found(file, self.clean(real.read_text("utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise NotOnShelf(f"{what}_unreadable", f"{file} cannot be read: {error}. It has to be a text in UTF-8.", data) from None
