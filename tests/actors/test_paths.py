"""Where data, socket and configuration lie."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from actors.paths import HomeUnknown, resolve


def test_with_nothing_but_a_home_everything_lies_below_it() -> None:
    places = resolve({"HOME": "/home/ada"})
    assert places.data == Path("/home/ada/.local/share/penstock")
    assert places.socket == Path("/home/ada/.local/share/penstock/run/control.sock")
    assert places.config_file == Path("/home/ada/.config/penstock/penstock.toml")


def test_the_xdg_folders_are_respected() -> None:
    places = resolve({"HOME": "/home/ada", "XDG_DATA_HOME": "/d", "XDG_RUNTIME_DIR": "/run/user/7", "XDG_CONFIG_HOME": "/c"})
    assert (places.data, places.socket) == (Path("/d/penstock"), Path("/run/user/7/penstock/control.sock"))
    assert places.config_file == Path("/c/penstock/penstock.toml")


def test_a_relative_xdg_folder_is_ignored() -> None:
    places = resolve({"HOME": "/h", "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "run", "XDG_CONFIG_HOME": "etc"})
    assert places == resolve({"HOME": "/h"})


@pytest.mark.parametrize(("environ", "data"), [({"PENSTOCK_HOME": "/srv/p"}, None), ({}, "/srv/p")])
def test_an_instance_that_is_named_has_its_socket_below_its_own_folder(environ: dict[str, str], data: str | None) -> None:
    places = resolve({"HOME": "/h", "XDG_RUNTIME_DIR": "/run/user/7", **environ}, data=data)
    assert (places.data, places.socket) == (Path("/srv/p"), Path("/srv/p/run/control.sock"))


def test_options_win_over_the_environment() -> None:
    places = resolve({"HOME": "/h", "PENSTOCK_HOME": "/srv/p"}, data="/data", socket="/s/x.sock", config="/c.toml")
    assert (places.data, places.socket, places.config_file) == (Path("/data"), Path("/s/x.sock"), Path("/c.toml"))


def test_relative_options_start_at_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve({"HOME": "/h"}, data="here").data == tmp_path / "here"


@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_usable_home_variable_the_passwd_entry_counts(home: dict[str, str]) -> None:
    assert resolve(home).data == Path(pwd.getpwuid(os.getuid()).pw_dir) / ".local/share/penstock"


def test_without_any_home_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    with pytest.raises(HomeUnknown, match="PENSTOCK_HOME") as caught:
        resolve({})
    assert caught.value.exit_code == 78
    assert resolve({"PENSTOCK_HOME": "/srv/p"}, config="/c.toml").data == Path("/srv/p")


def test_each_run_has_a_folder_of_its_own() -> None:
    assert resolve({}, data="/d").run("run-1") == Path("/d/runs/run-1")


@pytest.mark.parametrize("run_id", ["", "..", ".hidden", "a/b", "/etc"])
def test_a_run_folder_never_leaves_its_place(run_id: str) -> None:
    with pytest.raises(ValueError, match="not a run id"):
        resolve({}, data="/d").run(run_id)
