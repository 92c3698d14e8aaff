"""What is installed is this: the generic package names are ours, typed, and light to import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest

from actors.version import VERSION
from tests.architecture.sources import PACKAGES, ROOT

# Libraries that cost 10 ms and more each, and what they are for; whoever needs them imports them when needed.
HEAVY = {
    "click": "the command line alone",
    "rich": "the live view alone",
    "lark": "compiling conditions",
    "ruamel.yaml": "reading workflow files",
    "jsonschema_rs": "validating artifacts",
    "sqlite_utils": "making and migrating a database",
    "tenacity": "waits of the client and of opening a database",
    "psutil": "nothing yet",
    "hypothesis": "tests",
    "asyncio": "nothing: the runtime is trio's",
    "multiprocessing": "nothing",
}


def _modules_after(statement: str) -> set[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # coverage itself imports much
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_name_resolves_to_this_distribution(package: str) -> None:
    module = __import__(package)
    assert Path(module.__path__[0]).resolve() == ROOT / package
    others = [one.name for one in distributions() if one.name != "penstock" and any(file.parts[0] == package for file in one.files or ())]
    assert others == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").read_bytes() == b""


def test_the_distribution_cannot_be_uploaded_by_mistake() -> None:
    assert "Private :: Do Not Upload" in (distribution("penstock").metadata.get_all("Classifier") or [])


@pytest.mark.parametrize("command", ["penstock", "penstockd"])
def test_both_commands_are_installed_from_bin(command: str) -> None:
    installed = Path(sys.executable).parent / command
    ours, theirs = (path.read_text().splitlines()[1:] for path in (ROOT / "bin" / command, installed))
    assert ours == theirs, "run bin/setup"
    assert (ROOT / "bin" / command).stat().st_mode & 0o111


def test_the_daemon_starts_without_what_it_may_never_need() -> None:
    assert _modules_after("import actors.daemon") & set(HEAVY) == set()


def test_the_client_answers_without_the_runtime() -> None:
    loaded = _modules_after("import actors.cli.main")
    assert loaded & (set(HEAVY) - {"click"}) == set()
    assert loaded & {"trio", "storage", "supervision", "cattrs"} == set()


def test_settings_and_places_cost_next_to_nothing() -> None:
    bare = _modules_after("import attrs, tomllib, pathlib, pwd")
    assert len(_modules_after("import actors.config, actors.paths") - bare) < 20


def test_the_version_that_the_daemon_says_is_the_one_that_is_installed() -> None:
    assert distribution("penstock").version == VERSION
