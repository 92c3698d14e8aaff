from __future__ import annotations

import os
import subprocess
import sys

import pytest

import actors.workflow


def test_every_public_name_is_there() -> None:
    assert sorted(actors.workflow.__all__, key=str.lower) == sorted(set(actors.workflow.__all__), key=str.lower)
    assert len(actors.workflow.__all__) <= 25
    for name in actors.workflow.__all__:
        assert getattr(actors.workflow, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        actors.workflow.nonsense  # noqa: B018 - the access is the subject


def test_importing_all_of_it_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom actors.workflow import *\nimport actors.workflow.canonical, actors.workflow.inputs\n"
        "print([name for name in ('lark', 'ruamel', 'ruamel.yaml', 'jsonschema_rs', 'trio', 'sqlite3') if name in sys.modules])"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # coverage itself imports sqlite3
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.strip() == "[]"
