"""What it costs that nothing secret is written: W1 without a secret and with five, one after the other, and a flood of output.

python benchmarks/redaction.py --rounds 3
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import flows
import gauge
import trio
from engine import opened

from actors.config.secrets import SecretSource
from actors.secrets.redactor import Redactor
from actors.secrets.stream import Stream

KNOWN = 5
CHUNK = 64 << 10
LINE = b"2026-01-01T00:00:00Z some line of a log with words, numbers 12345 and paths/like/this\n"


def _value(number: int) -> str:
    return f"ghp_{number}abcdefGHIJK{number * 7919}lmnopQRS/+x"


def _sources(folder: str, count: int) -> tuple[SecretSource, ...]:
    for number in range(count):
        file = Path(folder, f"secret{number}")
        file.touch(0o600)
        file.write_text(_value(number))
    return tuple(SecretSource(f"s{number}", file=f"{folder}/secret{number}") for number in range(count))


async def _chain(runs: int, count: int) -> tuple[float, float]:
    """Steps per second, and CPU microseconds of a step."""
    with tempfile.TemporaryDirectory() as folder:
        async with opened(f"{folder}/data", 100, "auto", secrets=_sources(folder, count)) as engine:
            workflow = await engine.store(flows.chain(10))
            began, cpu = time.perf_counter(), time.process_time()
            await engine.start_all(workflow, range(runs), 100)
            await engine.until(engine.ended, runs)
            steps = runs * 10
            return steps / (time.perf_counter() - began), (time.process_time() - cpu) / steps * 1e6


def _flood(count: int) -> float:
    """Megabytes of output per second."""
    redactor = Redactor()
    for number in range(count):
        redactor.know(f"s{number}", _value(number))
    stream, chunk = Stream(redactor), (LINE * (CHUNK // len(LINE) + 1))[:CHUNK]
    began, times = time.perf_counter(), 200
    for _ in range(times):
        stream.feed(chunk)
    return times * CHUNK / (time.perf_counter() - began) / 1e6


def main() -> None:
    """A line for each number of secrets, with the medians of all rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()
    gauge.short_slice()
    found: dict[int, list[tuple[float, float]]] = {0: [], KNOWN: []}
    for _ in range(a.rounds):
        for count, rows in found.items():
            rows.append(trio.run(_chain, a.runs, count))
    for count, rows in found.items():
        steps, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{count} secrets: W1 {steps:,.0f} steps/s, {cpu:.0f} us CPU a step; a flood of output {_flood(count):,.0f} MB/s")


if __name__ == "__main__":
    main()
