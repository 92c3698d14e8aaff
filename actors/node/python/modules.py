"""Loading the modules of workflow folders, side by side: each folder is a private package, and `import sibling` finds the folder's own.

`sys.path` is never touched, so two workflows may both have a module `notes`. A folder whose loaded files have changed is loaded afresh.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import trio
from attrs import frozen

from actors.node.python.finder import Bundle, forget, register

__all__ = ["FunctionMissing", "ImportFailed", "Loaded", "Modules"]

_MOST_FOLDERS = 256


class FunctionMissing(Exception):
    """The module has no such function."""


class ImportFailed(Exception):
    """The module could not be imported; the cause is chained."""


@frozen
class Loaded:
    """A function ready to call. `is_async`: calling gives a coroutine. `wants_context`: it names a parameter `context`."""

    call: Callable[..., Any]
    is_async: bool
    wants_context: bool


class Modules:
    """The functions loaded so far, by folder. `get` is a few microseconds; `load` imports, may take long, and is for a thread."""

    def __init__(self) -> None:
        self._bundles: dict[str, Bundle] = {}
        self._functions: dict[tuple[str, str], tuple[Bundle, Loaded]] = {}
        self._locks: WeakValueDictionary[str, trio.Lock] = WeakValueDictionary()

    def lock(self, folder: str) -> trio.Lock:
        """Held by whoever loads from the folder."""
        return self._locks.setdefault(folder, trio.Lock())

    def get(self, folder: str, function: str) -> Loaded | None:
        """The function, if it is loaded and none of the folder's loaded files has changed since."""
        found = self._functions.get((folder, function))
        if found is None or not found[0].fresh():
            return None
        return found[1]

    def load(self, folder: str, function: str) -> Loaded:
        """Import `module:function` from the folder. Raises ImportFailed or FunctionMissing."""
        module_name, _, name = function.partition(":")
        bundle = self._bundle(folder)
        try:
            module = importlib.import_module(f"{bundle.package}.{module_name}")
        except Exception as error:
            raise ImportFailed(f"{type(error).__name__}: {error}") from error
        except SystemExit as error:
            raise ImportFailed(f"it ended with SystemExit({error.code!r}) while it was imported") from error
        call: Any = module
        for part in name.split("."):
            call = getattr(call, part, None)
        if not callable(call):
            raise FunctionMissing(f"{module_name} has no function {name!r}")
        loaded = Loaded(call, inspect.iscoroutinefunction(call), _names_context(call))
        self._functions[folder, function] = (bundle, loaded)
        return loaded

    def _bundle(self, folder: str) -> Bundle:
        bundle = self._bundles.get(folder)
        if bundle is None or not bundle.fresh():
            if bundle is not None:
                self._drop(folder)
            elif len(self._bundles) >= _MOST_FOLDERS:
                self._drop(next(iter(self._bundles)))
            bundle = self._bundles[folder] = register(folder)
        return bundle

    def _drop(self, folder: str) -> None:
        forget(self._bundles.pop(folder))
        self._functions = {key: value for key, value in self._functions.items() if key[0] != folder}


def _names_context(call: Callable[..., Any]) -> bool:
    try:
        parameter = inspect.signature(call).parameters.get("context")
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
