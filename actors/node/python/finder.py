"""The import machinery behind `modules`: one private package per folder, whose modules see their siblings first. Nothing else sees them."""

# ruff: noqa: PTH113, PTH116, PTH118  # in the way of every attempt and every import statement: pathlib is ten times slower

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import count
from types import CodeType, ModuleType
from typing import Any

import trio

__all__ = ["Bundle", "forget", "register"]

_PREFIX = "_penstock_workflow_"
_numbers = count(1)
_bundles: dict[str, Bundle] = {}


class Bundle:
    """The modules of one folder, loaded at one time. `package` is the private name above them, `lock` is held by whoever imports."""

    def __init__(self, folder: str, lock: trio.Lock) -> None:
        self.folder = folder
        self.lock = lock
        self.package = f"{_PREFIX}{next(_numbers)}"
        self._files: dict[str, tuple[int, int]] = {}

    def has(self, name: str) -> bool:
        """Whether the folder itself offers a top-level module of that name."""
        path = os.path.join(self.folder, name)
        return os.path.isfile(path + ".py") or os.path.isfile(os.path.join(path, "__init__.py"))

    def note(self, path: str) -> None:
        """A file is about to be loaded."""
        found = os.stat(path)
        self._files[path] = (found.st_mtime_ns, found.st_size)

    def fresh(self) -> bool:
        """Whether every file loaded so far is as it was."""
        try:
            for path, known in tuple(self._files.items()):  # an import in a thread may add to them
                found = os.stat(path)
                if (found.st_mtime_ns, found.st_size) != known:
                    return False
        except OSError:
            return False
        return True


def register(folder: str, lock: trio.Lock) -> Bundle:
    """A new, empty package for the folder."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    bundle = Bundle(folder, lock)
    _bundles[bundle.package] = bundle
    package = ModuleType(bundle.package)
    package.__path__ = [folder]
    sys.modules[bundle.package] = package
    return bundle


def forget(bundle: Bundle) -> None:
    """Drop a package and its modules. Functions already at work keep what they have; an import statement they reach later fails."""
    _bundles.pop(bundle.package, None)
    for name in [name for name in tuple(sys.modules) if name == bundle.package or name.startswith(bundle.package + ".")]:
        del sys.modules[name]


class _Finder(MetaPathFinder):
    """Finds the modules of our private packages, and only those."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not fullname.startswith(_PREFIX) or path is None:
            return None
        bundle = _bundles.get(fullname.partition(".")[0])
        name = fullname.rpartition(".")[2]
        for folder in path if bundle is not None else ():
            for file, inner in ((f"{folder}/{name}/__init__.py", [f"{folder}/{name}"]), (f"{folder}/{name}.py", None)):
                if bundle is not None and os.path.isfile(file):
                    return spec_from_file_location(fullname, file, loader=_Loader(fullname, file, bundle), submodule_search_locations=inner)
        return None


class _Loader(SourceFileLoader):
    """Loads a source file with an `import` that tries the folder first."""

    def __init__(self, fullname: str, path: str, bundle: Bundle) -> None:
        super().__init__(fullname, path)
        self._bundle = bundle

    def exec_module(self, module: ModuleType) -> None:
        self._bundle.note(self.path)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _importer(self._bundle)}
        super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)  # no bytecode: not read, not written beside a user's files


def _importer(bundle: Bundle) -> Any:
    """`__import__` for the modules of one bundle. CPython takes it from the builtins of the module that holds the import statement."""
    ordinary = builtins.__import__

    def import_(name: str, globals_: Any = None, locals_: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if level or not bundle.has(name.partition(".")[0]):
            return ordinary(name, globals_, locals_, fromlist, level)
        leaf = ordinary(f"{bundle.package}.{name}", globals_, locals_, fromlist, 0)
        return leaf if fromlist else sys.modules[f"{bundle.package}.{name.partition('.')[0]}"]

    return import_
