"""A server that speaks as model services do, written by others than us and run from an environment of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

__all__ = ["calls", "llmock", "says", "scripted"]

ROOT = Path(__file__).resolve().parents[1]
# It takes a free port before it says so, and ends when its standard input does, whatever becomes of us.
SERVE = """
import sys
from llmock.testing import LLMockServer
from llmock.simulation import MockResponseSettings
with LLMockServer() as server:
    print(server.base_url("openai"), server.base_url("anthropic"), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def llmock() -> Generator[tuple[str, str], None, None]:
    """The base URLs of its two services, one process for each worker."""
    python = ROOT / ".venv" / "llmock" / "bin" / "python"
    with subprocess.Popen([python, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline().split()
        assert len(line) == 2, "llmock has not started; run bin/setup test"
        yield line[0], line[1]
        process.stdin.close()


def scripted(llmock: tuple[str, str], behaviors: Sequence[dict[str, Any]]) -> None:
    """What the next requests get; all that was scripted before is forgotten. Each test begins with this."""
    with httpx2.Client(base_url=llmock[0].removesuffix("/v1"), trust_env=False) as client:
        assert client.post("/_llmock/reset").status_code < 300
        if behaviors:
            assert client.post("/_llmock/scenario", json={"behaviors": list(behaviors)}).status_code == 201


def calls(name: str, **arguments: str) -> dict[str, Any]:
    """An answer that calls one tool."""
    return {"type": "reply", "tool_calls": [{"name": name, "arguments": arguments}]}


def says(text: str) -> dict[str, Any]:
    """An answer in words."""
    return {"type": "reply", "text": text}
