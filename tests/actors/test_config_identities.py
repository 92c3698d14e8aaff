"""`[identities.NAME]`: what may stand there, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.config import ConfigInvalid, load
from actors.config.identities import Identity, read_identities


def test_a_file_says_identities_by_name(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text(
        '[flow]\ninput_env_prefix = "IN_"\ntargets = ["repo"]\nskills_dir = "/srv/skills"\n[secrets.github]\nenv = "TOKEN"\n'
        '[identities.release-bot]\nenv = {GH_TOKEN = "secrets.github", STAGE = "prod"}\npath = ["/opt/bin"]\n[identities.default]\n'
    )
    config = load({}, file)
    assert config.identities == (
        Identity("default"), Identity("release-bot", {"GH_TOKEN": "secrets.github", "STAGE": "prod"}, ("/opt/bin",)),
    )  # fmt: skip
    assert (config.flow.input_env_prefix, config.flow.targets, config.flow.skills_dir) == ("IN_", ("repo",), "/srv/skills")
    assert "prod" not in repr(config.identities)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({"x": {"env": ["A"]}}, [("x.env", "")]),
        ({"x": {"env": {"PENSTOCK_STORE": "a"}}}, [("x.env", "")]),
        ({"x": {"env": {"A-B": "secret"}}}, [("x.env", "")]),
        ({"x": {"env": {"A": "a\0"}}}, [("x.env", "")]),
        ({"x": {"path": ["bin"]}}, [("x.path", "")]),
        ({"x": {"path": ["/a:/b"]}}, [("x.path", "")]),
        ({"x": {"token": "secret"}}, [("x.token", "")]),
        ({"x": 7}, [("x", "")]),
        ({"-x": {}}, [("-x", "-x")]),
        ({f"p{n}": {} for n in range(65)}, [("", 65)]),
    ],
    ids=["no-table", "ours", "name-of-variable", "nul", "relative", "two-folders", "unknown", "no-identity", "name", "too-many"],
)
def test_what_is_wrong_is_named_and_no_secret_is_repeated(raw: dict[str, Any], found: list[tuple[str, Any]]) -> None:
    assert [(flaw.key, flaw.found) for flaw in read_identities(raw)[1]] == found


@pytest.mark.parametrize(("more", "allowed"), [("", "add [secrets.gone]"), ('[secrets.here]\nenv = "A"\n', "secrets.here")])
def test_a_secret_that_is_not_there_is_refused_at_the_start(tmp_path: Path, more: str, allowed: str) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text(f'{more}[identities.bot.env]\nTOKEN = "secrets.gone"\n')
    with pytest.raises(ConfigInvalid, match=r"identities\.bot\.env\.TOKEN: there is no such secret") as wrong:
        load({}, file)
    assert allowed in str(wrong.value)


@pytest.mark.parametrize("value", ["in_", "1A", "A-", "A" * 65])
def test_a_prefix_is_one_of_a_variable(value: str) -> None:
    with pytest.raises(ConfigInvalid, match="capital letters"):
        load({"PENSTOCK_FLOW_INPUT_ENV_PREFIX": value}, None)
