"""Where secrets are read from, what keeps one from being read, and what the daemon knows of its own keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.config import Config, load
from actors.config.load import ConfigInvalid
from actors.config.secrets import SecretSource
from actors.node.guardian.guardian import Guardian
from actors.outside.trouble import Trouble
from actors.secrets.vault import Vault

ENVIRON = {"TOKEN": " t0ken-of-anna \n", "EMPTY": " ", "TWO": "one\ntwo", "BYTES": "\udcff" * 9, "SHORT": "abc", "PATH": "/usr/bin:/bin"}


def written(folder: Path, data: bytes, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(data)
    path.chmod(mode)
    return str(path)


def configured(folder: Path, text: str) -> Config:
    file = folder / "penstock.toml"
    file.write_text(text)
    return load({}, file)


def vault(*sources: SecretSource) -> Vault:
    return Vault(Config(secrets=sources), ENVIRON)


async def read(source: SecretSource, guardian: Guardian) -> str:
    return await vault(source).resolve(source.name, guardian)


async def trouble(source: SecretSource, guardian: Guardian) -> str:
    with pytest.raises(Trouble) as caught:
        await read(source, guardian)
    assert caught.value.code == "secret_unreadable"
    return caught.value.message


def test_the_settings_name_where_each_secret_lies(tmp_path: Path) -> None:
    config = configured(
        tmp_path, '[secrets.b]\nfile = "/run/b"\n[secrets.a]\nenv = "A"\n[secrets.c]\ncommand = ["pass", "show", "c"]\n'
    )  # fmt: skip
    assert config.secrets == (
        SecretSource("a", env="A"),
        SecretSource("b", file="/run/b"),
        SecretSource("c", command=("pass", "show", "c")),
    )
    assert [one.shown for one in config.secrets] == ["env A", "file /run/b", "command pass"]


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ('[secrets]\nBig = {env = "A"}\n', "secrets.Big", "a small letter"),
        ('[secrets]\na = "hunter2hunter2"\n', "secrets.a", "[secrets.a] with one of env, file, command"),
        ('[secrets.a]\nenv = "A"\nfile = "/a"\n', "secrets.a", "one of env, file, command"),
        ('[secrets.a]\nvalue = "hunter2hunter2"\n', "secrets.a", "one of env, file, command"),
        ('[secrets.a]\nenv = "hunter2 hunter2"\n', "secrets.a.env", "the name of a variable"),
        ('[secrets.a]\nfile = "hunter2hunter2"\n', "secrets.a.file", "the absolute path"),
        ('[secrets.a]\ncommand = "hunter2hunter2"\n', "secrets.a.command", "a list of words"),
        ("[secrets.a]\ncommand = []\n", "secrets.a.command", "a list of words"),
        ("".join(f'[secrets.a{n}]\nenv = "A"\n' for n in range(257)), "secrets", "at most 256"),
    ],
    ids=["name", "value", "two", "unknown", "variable", "relative", "text", "no program", "many"],
)  # fmt: skip
def test_what_is_wrong_with_a_secret_is_said_without_showing_it(tmp_path: Path, text: str, key: str, allowed: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        configured(tmp_path, text)
    (problem,) = caught.value.problems
    assert problem.key == key
    assert allowed in problem.allowed
    assert "hunter2" not in str(caught.value)


async def test_a_secret_is_read_from_a_variable_a_file_or_a_program(tmp_path: Path, guardian: Guardian) -> None:
    assert await read(SecretSource("a", env="TOKEN"), guardian) == "t0ken-of-anna"
    assert await read(SecretSource("a", file=written(tmp_path, b"from-a-file\n")), guardian) == "from-a-file"
    assert await read(SecretSource("a", command=("sh", "-c", "echo from-a-program; echo no >&2")), guardian) == "from-a-program"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (SecretSource("a", env="ABSENT"), "the variable ABSENT holds nothing, or is not there"),
        (SecretSource("a", env="EMPTY"), "holds nothing"),
        (SecretSource("a", env="TWO"), "more than one line"),
        (SecretSource("a", env="BYTES"), "no text"),
        (SecretSource("a", file="/nowhere/at/all"), "cannot be read: No such file"),
        (SecretSource("a", file="/dev/null"), "plain file"),
        (SecretSource("a", command=("false",)), "the command of the secret a gives none: program_failed"),
        (SecretSource("a", command=("no-such-program",)), "program_not_started"),
    ],
    ids=["absent", "empty", "two lines", "bytes", "no file", "device", "failed", "no program"],
)  # fmt: skip
async def test_what_keeps_a_secret_from_being_read_is_said(source: SecretSource, words: str, guardian: Guardian) -> None:
    assert words in await trouble(source, guardian)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
async def test_a_file_that_others_may_read_or_write_is_no_place_for_a_secret(tmp_path: Path, mode: int, guardian: Guardian) -> None:
    text = await trouble(SecretSource("a", file=written(tmp_path, b"t0psecret", mode)), guardian)
    assert "chmod 600" in text
    assert "t0psecret" not in text


async def test_a_file_that_is_too_long_is_no_secret(tmp_path: Path, guardian: Guardian) -> None:
    assert "at most 4096 bytes" in await trouble(SecretSource("a", file=written(tmp_path, b"x" * 4097)), guardian)


async def test_a_changed_secret_holds_at_once_and_both_values_are_known(tmp_path: Path, guardian: Guardian) -> None:
    made = vault(SecretSource("a", file=written(tmp_path, b"old-secret")))
    written(tmp_path, b"new-secret")
    assert await made.resolve("a", guardian) == "new-secret"
    assert made.redactor.text("old-secret new-secret") == "[secret a] [secret a]"


async def test_what_a_program_prints_is_known_when_the_daemon_is_up(guardian: Guardian) -> None:
    made = vault(
        SecretSource("a", command=("echo", "from-a-program")), SecretSource("b", command=("false",)), SecretSource("c", env="TOKEN")
    )
    await made.prime(guardian)
    assert made.redactor.text("from-a-program t0ken-of-anna") == "[secret a] [secret c]"


async def test_an_unknown_handle_is_refused_with_those_that_there_are(guardian: Guardian) -> None:
    with pytest.raises(Trouble, match="there is no secret b; the settings have: a") as caught:
        await vault(SecretSource("a", env="TOKEN")).resolve("b", guardian)
    assert caught.value.code == "secret_unknown"


async def test_rows_say_where_and_whether_and_never_what(guardian: Guardian) -> None:
    rows = await vault(SecretSource("a", env="TOKEN"), SecretSource("b", env="EMPTY"), SecretSource("c", env="SHORT")).rows(guardian)
    assert rows == [
        {"secret": "a", "source": "env TOKEN", "resolves": True},
        {"secret": "b", "source": "env EMPTY", "resolves": False, "problem": "the variable EMPTY holds nothing, or is not there"},
        {"secret": "c", "source": "env SHORT", "resolves": True,
         "problem": "it has fewer than 8 characters, so it is not taken out of texts"},
    ]  # fmt: skip


def test_the_daemons_own_keys_are_known_and_not_handed_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own: dict[str, Any] = {"OPENAI_API_KEY": "key-of-openai", "FORGE": "token-of-forge", "MINE": "my-own-secret"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "key").write_text("key-in-a-file")
    (tmp_path / "sign").write_text("key-that-signs")
    config = configured(tmp_path, (
        f'[backends.local]\nbase_url = "https://127.0.0.1:1/v1"\nkey_file = "{tmp_path}/key"\nheaders = {{x-team = "header-secret"}}\n'
        '[gates]\ntokens = {default = "env:FORGE"}\n[secrets.mine]\nenv = "MINE"\n'
        f'[notify]\nurl = "https://127.0.0.1:1/"\nkey_file = "{tmp_path}/sign"\n'
    ))  # fmt: skip
    made = Vault(config, own)
    said = made.redactor.text(f"{' '.join(own.values())} key-in-a-file key-that-signs header-secret")
    assert said == (
        "[secret backends.openai] [secret gates.tokens.default] [secret mine] [secret backends.local] [secret notify.key_file] "
        "[secret backends.local.x-team]"
    )
    assert made.harmless(["PATH", *own]) == ("PATH",)
    assert made.names == {"mine"}
    assert "my-own-secret" not in repr(made)


def test_the_variables_of_an_agent_with_a_command_line_are_secrets_but_for_those_that_all_processes_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setenv("CLAUDE_KEY", "key-of-claude")
    monkeypatch.setenv("HOME", "/home/of-somebody")
    made = Vault(configured(tmp_path, '[backends.claude]\nkind = "claude-cli"\nenv = ["CLAUDE_KEY", "HOME"]\n'), {})
    assert made.redactor.text("key-of-claude in /home/of-somebody") == "[secret backends.claude.CLAUDE_KEY] in /home/of-somebody"
    assert made.harmless(["HOME", "CLAUDE_KEY"]) == ("HOME",)
