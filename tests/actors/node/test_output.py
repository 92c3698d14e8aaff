"""What a command hands back: the file named in $PENSTOCK_OUTPUT, else stdout as text, JSON or lines."""

# ruff: noqa: ASYNC240  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from actors.node.executor import perform
from actors.node.messages import Failure, Success
from actors.node.orders import WorkOrder
from actors.node.output import output_path, text_of
from actors.node.tools import Tools
from actors.node.values import LARGEST_OUTPUT
from tests.actors.node.support import sh

Orders = Callable[..., WorkOrder]


async def test_the_output_file_wins_over_stdout(order: Orders, tools: Tools) -> None:
    task = order(sh("""echo chatter; printf '{"a": [1, 2.5, null]}' > "$PENSTOCK_OUTPUT" """))
    assert await perform(task, tools) == Success({"a": [1, 2.5, None]})


async def test_an_output_file_of_before_the_attempt_does_not_count(order: Orders, tools: Tools) -> None:
    task = order(sh("echo new"))
    Path(task.run_dir, "outputs").mkdir()
    Path(output_path(task)).write_text('"old"')
    assert await perform(task, tools) == Success("new")


@pytest.mark.parametrize("text", ["", "{", '{"a": 1, "a": 2}', "NaN", '"\\ud800"', '"\\u0000"', "1" * 30, "[" * 70 + "]" * 70, "\udcff"])
@pytest.mark.parametrize("stream", ["file", "stdout"])
async def test_what_is_not_strict_json_is_refused(order: Orders, tools: Tools, text: str, stream: str) -> None:
    place = '"$PENSTOCK_OUTPUT"' if stream == "file" else "/dev/stdout"
    data = os.fsencode(text)
    octal = "".join(f"\\{byte:03o}" for byte in data)
    verdict = await perform(order(sh(f"printf '{octal}' > {place}"), output="json"), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.failure_class) == ("output_invalid_json", "artifact_contract_unmet")


async def test_json_on_stdout_is_the_output_even_as_one_long_line(order: Orders, tools: Tools) -> None:
    task = order(sh("""printf '["'; head -c 300000 /dev/zero | tr '\\0' x; printf '"]'"""), output="json")
    assert await perform(task, tools) == Success(["x" * 300_000])


async def test_lines_are_a_list(order: Orders, tools: Tools) -> None:
    assert await perform(order(sh("printf 'a\\nb\\fc\\r\\n\\nd\\n'"), output="lines"), tools) == Success(["a", "b\fc", "", "d"])


async def test_no_line_is_an_empty_list(order: Orders, tools: Tools) -> None:
    assert await perform(order(sh("true"), output="lines"), tools) == Success([])


@pytest.mark.parametrize(
    ("command", "place", "code"),
    [
        ("head -c 1048577 /dev/zero", '> "$PENSTOCK_OUTPUT"', "output_too_large"),
        ("head -c 1048577 /dev/zero", "", "output_too_large"),
        ("mkfifo", '"$PENSTOCK_OUTPUT"', "output_not_regular"),
        ("mkdir", '"$PENSTOCK_OUTPUT"', "output_not_regular"),
        ("ln -s /etc/passwd", '"$PENSTOCK_OUTPUT"', "output_unreadable"),
        ("touch a; ln a", '"$PENSTOCK_OUTPUT"', "output_not_regular"),
    ],
)
async def test_an_output_that_is_no_plain_file_or_too_large_is_refused(
    order: Orders, tools: Tools, command: str, place: str, code: str
) -> None:
    verdict = await perform(order(sh(f"{command} {place}"), output="json"), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == code


async def test_a_long_text_is_cut_and_the_cut_is_told(order: Orders, tools: Tools) -> None:
    verdict = await perform(order(sh("head -c 100000 /dev/zero | tr '\\0' x")), tools)
    assert isinstance(verdict, Success)
    assert verdict.output == "x" * 65536
    assert verdict.warnings[0].startswith("output_truncated: of 100000 bytes")


@pytest.mark.parametrize("form", ["text", "lines"])
@pytest.mark.parametrize("byte", ["\\0", "\\1", "\\n", "\\377"])
async def test_output_that_grows_as_json_is_cut_and_no_failure(order: Orders, tools: Tools, form: str, byte: str) -> None:
    verdict = await perform(order(sh(f"head -c 65536 /dev/zero | tr '\\0' '{byte}'"), output=form), tools)
    assert isinstance(verdict, Success)
    assert LARGEST_OUTPUT // 2 < len(orjson.dumps(verdict.output)) <= LARGEST_OUTPUT
    assert all(warning.startswith("output_truncated") for warning in verdict.warnings)


@pytest.mark.parametrize(
    ("data", "whole", "text"),
    [
        (b"", True, ""),
        (b"a\n", True, "a"),
        (b"a\r\n", True, "a"),
        (b"a\r", True, "a\r"),
        (b"\xff\xfeok\x00", True, "\ufffd\ufffdok\ufffd"),
        (b"\x1b[31mred", True, "\x1b[31mred"),
        ("é".encode()[:1], True, "\ufffd"),
        (b"x" + "é".encode()[:1], False, "x"),
    ],
)
def test_any_bytes_become_text_that_a_log_accepts(data: bytes, whole: bool, text: str) -> None:
    assert text_of(data, whole=whole) == text


async def test_binary_junk_is_an_output_too(order: Orders, tools: Tools) -> None:
    verdict: Any = await perform(order(sh("head -c 20000 /dev/urandom; head -c 20000 /dev/urandom >&2")), tools)
    assert isinstance(verdict, Success)
    assert "\0" not in verdict.output
    verdict.output.encode()
