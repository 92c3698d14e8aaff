"""Modules of workflow folders: siblings are found, folders do not meet, changes are seen, and nobody else notices."""

# ruff: noqa: PTH208  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trio

from actors.node.python import modules as modules_module
from actors.node.python.modules import FunctionMissing, ImportFailed, Modules
from actors.node.tools import NodeSettings, Tools
from tests.actors.node.test_python_calls import Folder, Orders


async def at_once(load: Any) -> ModuleType:
    module: ModuleType = load()
    return module


async def value(modules: Modules, folder: Folder, function: str = "steps:give") -> Any:
    loaded = modules.get(str(folder.path), function) or await modules.load(str(folder.path), function, at_once)
    return loaded.call()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "flow")


@pytest.fixture
def modules() -> Modules:
    return Modules()


async def test_two_folders_may_have_modules_of_the_same_name(tmp_path: Path, modules: Modules) -> None:
    for name in "ab":
        Folder(tmp_path / name).write("import helper\ndef give():\n    return helper.NAME\n")
        Folder(tmp_path / name).write(f"NAME = '{name}'\n", "helper.py")
    assert [await value(modules, Folder(tmp_path / name)) for name in "aba"] == ["a", "b", "a"]


@pytest.mark.parametrize(
    "imports",
    [
        "import helper; x = helper.X", "from helper import X as x", "from . import helper; x = helper.X", "from .helper import X as x",
        "import pack.inner; x = pack.inner.X", "from pack import inner; x = inner.X", "from pack.inner import X as x",
        "import pack; x = pack.direct", "import importlib; from helper import *; x = X",
    ],
)  # fmt: skip
async def test_siblings_are_imported_in_all_the_usual_ways(folder: Folder, modules: Modules, imports: str) -> None:
    folder.write("X = 7\n", "helper.py")
    folder.write("from pack.inner import X as direct\n", "pack/__init__.py")
    folder.write("import helper\nfrom ..helper import X\n", "pack/inner.py")
    folder.write(f"{imports}\ndef give():\n    return x\n")
    assert await value(modules, folder) == 7


async def test_an_import_inside_a_function_finds_siblings_too(folder: Folder, modules: Modules) -> None:
    folder.write("X = 7\n", "helper.py")
    folder.write("def give():\n    from helper import X\n    return X\n")
    assert await value(modules, folder) == 7


async def test_a_function_may_be_in_a_package_or_in_a_class(folder: Folder, modules: Modules) -> None:
    folder.write("", "pack/__init__.py")
    folder.write("class Tool:\n    @staticmethod\n    def give():\n        return 3\n", "pack/tools.py")
    assert await value(modules, folder, "pack.tools:Tool.give") == 3


async def test_a_sibling_hides_a_module_of_the_library_here_and_nowhere_else(folder: Folder, modules: Modules) -> None:
    folder.write("NAME = 'ours'\n", "colorsys.py")
    folder.write("import colorsys\nimport json\ndef give():\n    return [colorsys.NAME, json.loads('1')]\n")
    assert await value(modules, folder) == ["ours", 1]
    import colorsys

    assert not hasattr(colorsys, "NAME")


async def test_nobody_elses_imports_are_touched(folder: Folder, modules: Modules) -> None:
    folder.write("def give():\n    return 1\n")
    before = list(sys.path)
    await value(modules, folder)
    assert sys.path == before
    with pytest.raises(ModuleNotFoundError):
        __import__("steps")


async def test_no_bytecode_is_written_beside_a_users_files(folder: Folder, modules: Modules) -> None:
    folder.write("def give():\n    return 1\n")
    await value(modules, folder)
    assert os.listdir(folder.path) == ["steps.py"]


async def test_a_change_of_the_module_or_of_a_sibling_is_seen(folder: Folder, modules: Modules) -> None:
    folder.write("from helper import X\ndef give():\n    return X\n")
    folder.write("X = 1\n", "helper.py")
    assert await value(modules, folder) == 1
    folder.write("X = 22\n", "helper.py")
    assert await value(modules, folder) == 22
    folder.write("def give():\n    return 'new'\n")
    assert await value(modules, folder) == "new"


async def test_a_module_that_went_away_is_not_called(folder: Folder, modules: Modules) -> None:
    folder.write("def give():\n    return 1\n")
    await value(modules, folder)
    (folder.path / "steps.py").unlink()
    with pytest.raises(ImportFailed):
        await value(modules, folder)


async def test_an_import_that_failed_is_tried_again(folder: Folder, modules: Modules) -> None:
    folder.write("import os\nif 'READY' not in os.environ: raise RuntimeError\ndef give():\n    return 1\n")
    with pytest.raises(ImportFailed):
        await value(modules, folder)
    os.environ["READY"] = "1"
    try:
        assert await value(modules, folder) == 1
    finally:
        del os.environ["READY"]


async def test_a_function_added_later_is_found(folder: Folder, modules: Modules) -> None:
    folder.write("x = 1\n")
    with pytest.raises(FunctionMissing):
        await value(modules, folder)
    folder.write("def give():\n    return 1\n")
    assert await value(modules, folder) == 1


async def test_only_so_many_folders_are_kept(tmp_path: Path, modules: Modules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules_module, "_MOST_FOLDERS", 2)
    for name in "abc":
        Folder(tmp_path / name).write("def give():\n    return 1\n")
        await value(modules, Folder(tmp_path / name))
    kept = [name for name in "abc" if modules.get(str(tmp_path / name), "steps:give")]
    assert kept == ["b", "c"]
    assert len([name for name in sys.modules if name.startswith("_penstock_workflow") and name.endswith(".steps")]) >= 2


async def test_many_who_need_a_module_import_it_once(folder: Folder, modules: Modules) -> None:
    folder.write(
        "from pathlib import Path\nwith Path(__file__).with_name('count').open('a') as f: f.write('x')\ndef give():\n    return 1\n"
    )

    async def slowly(load: Any) -> ModuleType:
        await trio.lowlevel.checkpoint()
        return await at_once(load)

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(modules.load, str(folder.path), "steps:give", slowly)
    assert (folder.path / "count").read_text() == "x"


async def test_a_folder_that_changes_while_it_is_imported_is_imported_again(folder: Folder, modules: Modules) -> None:
    folder.write("def give():\n    return 'old'\n")

    async def slowly(load: Any) -> ModuleType:
        module = await at_once(load)
        folder.write("def give():\n    return 'newer'\n")
        return module

    loaded = await modules.load(str(folder.path), "steps:give", slowly)
    assert loaded.call() == "old"
    assert await value(modules, folder) == "newer"


async def test_what_was_imported_before_a_change_does_not_replace_what_came_after(folder: Folder, modules: Modules) -> None:
    folder.write("def give():\n    return 'old'\n")

    async def overtaken(load: Any) -> ModuleType:
        module = await at_once(load)
        folder.write("def give():\n    return 'newer'\n")
        assert await value(modules, folder) == "newer"
        return module

    assert (await modules.load(str(folder.path), "steps:give", overtaken)).call() == "old"
    assert await value(modules, folder) == "newer"


@pytest.mark.parametrize(("inline", "same"), [(True, True), (False, False)])
async def test_imports_happen_in_a_thread_unless_told_otherwise(
    order: Orders, tools: Tools, folder: Folder, inline: bool, same: bool
) -> None:
    from actors.node.executor import perform
    from actors.node.messages import Success

    folder.write("import threading\nWHERE = threading.get_ident()\nasync def give():\n    return WHERE\n")
    tools = Tools(tools.guardian, tools.blobs, NodeSettings(inline_imports=inline))
    verdict = await perform(order(folder.call("give")), tools)
    assert isinstance(verdict, Success)
    assert (verdict.output == threading.get_ident()) is same


def test_what_cannot_be_looked_at_names_no_context() -> None:
    assert not modules_module._names_context(dict.fromkeys)
    assert not modules_module._names_context(type)


async def test_who_has_been_given_a_context_once_may_have_said_what_was_used(folder: Folder, modules: Modules) -> None:
    folder.write("def give(context=None):\n    return 1\ndef plain():\n    return 2\n")
    assert [await value(modules, folder), await value(modules, folder, "steps:plain")] == [1, 2]
    assert [modules.told(str(folder.path), f"steps:{name}") for name in ("give", "plain", "nobody")] == [True, False, False]
    folder.write("def give():\n    return 'without'\n")
    assert await value(modules, folder) == "without"
    assert modules.told(str(folder.path), "steps:give")  # an attempt of before may not have ended
