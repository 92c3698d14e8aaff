from __future__ import annotations

import grp
import os
from typing import NoReturn

import pytest

from actors.runtime.groups import groups_of


def test_the_groups_of_a_user_are_those_of_the_machine() -> None:
    assert grp.getgrgid(os.getgid()).gr_name in groups_of(os.getuid())


def test_an_unknown_user_has_none() -> None:
    assert groups_of(4_000_000_000) == frozenset()


def test_a_group_without_a_name_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_knows(gid: int) -> NoReturn:
        raise KeyError(gid)

    monkeypatch.setattr(grp, "getgrgid", nobody_knows)
    assert groups_of(os.getuid()) == frozenset()
