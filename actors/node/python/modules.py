"""Loading the modules of workflow folders, side by side: each folder is a private package, and `import sibling` finds the folder's own.

`sys.path` is never touched, so two workflows may both have a module `notes`. A folder whose loaded files have changed is loaded afresh.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import trio
from attrs import frozen

from actors.node.python.finder import Bundle, forget, register

__all__ = ["FunctionMissing", "ImportFailed", "Importer", "Loaded", "Modules"]

_MOST_FOLDERS = 256


class FunctionMissing(Exception):
    """The module has no such function."""


class ImportFailed(Exception):
    """The module could not be imported. The one argument is why."""


@frozen
class Loaded:
    """A function ready to call. `is_async`: calling gives a coroutine. `wants_context`: it names a parameter `context`."""

    call: Callable[..., Any]
    is_async: bool
    wants_context: bool


Importer = Callable[[Callable[[], ModuleType]], Awaitable[ModuleType]]
"""Runs an import, which may take long: in a thread, or at once."""


class Modules:
    """The functions loaded so far, by folder. All of it belongs to the loop's thread; only the import itself may run elsewhere."""

    def __init__(self) -> None:
        self._bundles: dict[str, Bundle] = {}
        self._functions: dict[tuple[str, str], tuple[Bundle, Loaded]] = {}
        self._told: set[tuple[str, str]] = set()

    def get(self, folder: str, function: str) -> Loaded | None:
        """The function, if it is loaded and none of the folder's loaded files has changed since. Two microseconds."""
        found = self._functions.get((folder, function))
        if found is None or not found[0].fresh():
            return None
        return found[1]

    def told(self, folder: str, function: str) -> bool:
        """Whether the function has ever been given a context, as it is now or as it was: by that alone it says what it has used."""
        return (folder, function) in self._told

    async def load(self, folder: str, function: str, run: Importer) -> Loaded:
        """Import `module:function` from the folder. Raises ImportFailed or FunctionMissing."""
        bundle = self._bundle(folder)
        async with bundle.lock:
            loaded = self.get(folder, function)
            if loaded is not None:
                return loaded
            module_name, _, name = function.partition(":")
            try:
                module = await run(lambda: importlib.import_module(f"{bundle.package}.{module_name}"))
            except (Exception, SystemExit) as error:
                raise ImportFailed(error) from error
            loaded = _loaded(module, module_name, name)
            if loaded.wants_context:
                self._told.add((folder, function))
            if self._bundles.get(folder) is bundle:
                self._functions[folder, function] = (bundle, loaded)
            return loaded

    def _bundle(self, folder: str) -> Bundle:
        bundle = self._bundles.get(folder)
        if bundle is None or not bundle.fresh():
            if bundle is not None:
                self._drop(folder)
            elif len(self._bundles) >= _MOST_FOLDERS:
                self._drop(next(iter(self._bundles)))
            bundle = self._bundles[folder] = register(folder, trio.Lock())
        return bundle

    def _drop(self, folder: str) -> None:
        forget(self._bundles.pop(folder))
        for key in [key for key in self._functions if key[0] == folder]:
            del self._functions[key]


def _loaded(module: ModuleType, module_name: str, name: str) -> Loaded:
    call: Any = module
    for part in name.split("."):
        call = getattr(call, part, None)
    if not callable(call):
        raise FunctionMissing(f"{module_name} has no function {name!r}")
    return Loaded(call, inspect.iscoroutinefunction(call), _names_context(call))


def _names_context(call: Callable[..., Any]) -> bool:
    try:
        parameter = inspect.signature(call).parameters.get("context")
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
