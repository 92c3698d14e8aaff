"""What commands in a sandbox do not see of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from actors.config import Config
from actors.config.backends import Backend
from actors.config.secrets import SecretSource
from actors.paths import resolve
from actors.privacy import private_places


def test_folders_of_penstock_the_home_and_files_with_keys_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("real", "run", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "data").symlink_to("real")
    for name in ("key", "secret", "token", "penstock.toml"):
        (tmp_path / name).write_text("secret")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config = Config(backends=(Backend("b", "openai", "https://x", key_file=str(tmp_path / "key")), Backend("c", "openai", "https://x")))
    tokens = (("a", f"file:{tmp_path}/token"), ("b", "env:TOKEN"))
    config = evolve(config, gates=evolve(config.gates, tokens=tokens), notify=evolve(config.notify, key_file=str(tmp_path / "gone")))
    config = evolve(config, secrets=(SecretSource("s", file=f"{tmp_path}/secret"), SecretSource("e", env="E")))
    places = resolve({}, data=tmp_path / "data", socket=tmp_path / "run" / "s", config=tmp_path / "penstock.toml")
    private = private_places(places, config)
    assert private.folders == tuple(f"{tmp_path}/{name}" for name in ("real", "run", "home"))
    assert private.files == tuple(f"{tmp_path}/{name}" for name in ("penstock.toml", "key", "secret", "token"))
    (tmp_path / "penstock.toml").unlink()
    assert f"{tmp_path}/penstock.toml" not in private_places(places, config).files  # what is there is looked at anew each time
