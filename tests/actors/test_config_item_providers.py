"""`[item_providers.NAME]`: what may stand there, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.config import ConfigInvalid, load
from actors.config.item_providers import ItemProvider, read_providers

FIND = {"command": ["find-tickets", "--key=secret"]}


def test_a_file_says_providers_by_name(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text(
        '[flow]\nmax_fan_out = 12\n[item_providers.tickets]\ncommand = ["find", "--json"]\nenv = ["TOKEN"]\nordered = true\n'
        'requires_filter = true\n[item_providers.repos]\ncommand = ["repos"]\n'
    )
    config = load({}, file)
    assert config.item_providers == (
        ItemProvider("repos", ("repos",)), ItemProvider("tickets", ("find", "--json"), ("TOKEN",), ordered=True, requires_filter=True),
    )  # fmt: skip
    assert config.flow.max_fan_out == 12


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({"x": {}}, [("x.command", "")]),
        ({"x": {"command": "find --key=secret"}}, [("x.command", "")]),
        ({"x": FIND | {"ordered": "yes"}}, [("x.ordered", "yes")]),
        ({"x": FIND | {"env": ["PENSTOCK_STORE"]}}, [("x.env", ["PENSTOCK_STORE"])]),
        ({"x": FIND | {"retries": 3}}, [("x.retries", "")]),
        ({"x": 7}, [("x", 7)]),
        ({"list": FIND}, [("list", "list")]),
        ({"a b": FIND}, [("a b", "a b")]),
        ({f"p{n}": FIND for n in range(65)}, [("", 65)]),
    ],
    ids=["no-command", "command", "flag", "env", "unknown", "no-table", "built-in", "name", "too-many"],
)
def test_what_is_wrong_is_named_and_no_secret_is_repeated(raw: dict[str, Any], found: list[tuple[str, Any]]) -> None:
    assert [(flaw.key, flaw.found) for flaw in read_providers(raw)[1]] == found


def test_the_section_stands_before_the_key(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text("[item_providers.x]\n")
    with pytest.raises(ConfigInvalid, match=r"item_providers\.x\.command: is missing"):
        load({}, file)
