"""Programs that the settings name, under a real guardian."""

from __future__ import annotations

import os

import pytest

from actors.node.guardian.guardian import Guardian
from actors.outside.program import LARGEST, Program, run_program
from actors.outside.trouble import Trouble
from tests.actors.node.support import unique

ENV = {"PATH": os.environ["PATH"], "GIVEN": "yes"}


def sh(text: str, stdin: bytes = b"", timeout_s: float = 20.0) -> Program:
    return Program(("sh", "-c", text), ENV, unique("t"), stdin, timeout_s)


async def code(guardian: Guardian, program: Program) -> str:
    with pytest.raises(Trouble) as caught:
        await run_program(guardian, program)
    return caught.value.code


async def test_it_gets_its_input_its_environment_and_the_root_as_its_folder(guardian: Guardian) -> None:
    said = await run_program(guardian, sh('cat; printf " %s %s" "$GIVEN" "$(pwd)"', b"body"))
    assert said == b"body yes /"


async def test_one_that_ends_otherwise_says_why(guardian: Guardian) -> None:
    with pytest.raises(Trouble, match="sh ended with 3: no such chat") as caught:
        await run_program(guardian, sh("echo no such chat >&2; exit 3"))
    assert caught.value.code == "program_failed"


async def test_one_that_is_not_there(guardian: Guardian) -> None:
    assert await code(guardian, Program(("/no/such/program",), ENV, unique("t"), b"", 20.0)) == "program_not_started"
    assert await code(guardian, Program(("x\0y",), ENV, unique("t"), b"", 20.0)) == "program_not_started"


async def test_one_that_takes_too_long_is_ended_with_all_it_has_begun(guardian: Guardian) -> None:
    assert await code(guardian, sh("sleep 300 & sleep 300", timeout_s=0.3)) == "program_timeout"


async def test_one_that_writes_without_end(guardian: Guardian) -> None:
    assert await code(guardian, sh(f"head -c {LARGEST + 1} /dev/zero")) == "program_output_too_large"


async def test_one_that_does_not_read_its_input(guardian: Guardian) -> None:
    assert await run_program(guardian, sh("echo done", b"x" * (1 << 20))) == b"done\n"
