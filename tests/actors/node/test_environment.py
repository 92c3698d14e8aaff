"""Which variables a step gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.node.environment import build, inherited
from tests.actors.node.support import make_order, sh


def test_only_the_allow_list_is_inherited() -> None:
    assert inherited({"PATH": "/bin", "OPENAI_API_KEY": "s", "LANG": "C"}, ("PATH", "LANG", "TZ")) == {"PATH": "/bin", "LANG": "C"}


@pytest.mark.parametrize(
    "name",
    ["LD_PRELOAD", "LD_X", "PYTHONPATH", "PYTHONSTARTUP", "GIT_DIR", "BASH_ENV", "BASH_FUNC_x%%", "DYLD_INSERT_LIBRARIES", "PATH",
     "GH_TOKEN", "PENSTOCK_STORE", "PENSTOCK_ATTEMPT", "PENSTOCK_OUTPUT", "A=B", "", "A\0"],
)  # fmt: skip
def test_names_that_change_which_code_runs_and_ours_are_refused(tmp_path: Path, name: str) -> None:
    env, warnings = build(make_order(tmp_path, sh("true")), {"PATH": "/bin"}, {name: "evil"}, "/out", "/use")
    assert "evil" not in env.values()
    assert len(warnings) == 1
    assert repr(name) in warnings[0]


@pytest.mark.parametrize("name", ["A", "LDAP_HOST", "GITHUB_SHA", "LANG", "PENSTOCK_HOME", "lower", "ENV"])
def test_other_names_are_passed_on_and_overrule_what_is_inherited(tmp_path: Path, name: str) -> None:
    env, warnings = build(make_order(tmp_path, sh("true")), {"LANG": "C"}, {name: "mine"}, "/out", "/use")
    assert (env[name], warnings) == ("mine", [])
