"""Rounds: every workload by every side, one after the other, so that what the machine does besides hits all alike. Prints a table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from gauge import DEFAULTS, WORKLOADS, Arguments, Others
from table import markdown
from venvs import PEERS, python_of

__all__ = ["rounds"]

HERE = Path(__file__).resolve().parent
NOISY = 0.60
LONGEST_S = 300
# Rates are compared, so that slow sides do fewer runs (unless --full): {peer: {workload: runs}}.
FEWER = {
    "langgraph": {"throughput": 100, "recovery": 100},
    "dbos": {"throughput": 100, "gates": 300, "recovery": 100},
    "huey": {"throughput": 200, "recovery": 200},
}


def rounds(a: Arguments) -> None:
    """Run them, append to `--out`, print the table of all that this call has measured."""
    peers = list(PEERS) if "all" in a.beside else a.beside
    workloads = WORKLOADS if a.workload == "all" else (a.workload,)
    pythons = {peer: str(python_of(peer)) for peer in peers}
    lines: list[dict[str, Any]] = []
    for number in range(1, (a.rounds or 1) + 1):
        for workload in workloads:
            for peer in ["penstock", *(peer for peer in peers if workload != "commands")]:
                line = _measure(peer, _command(peer, pythons, workload, a)) | {"round": number}
                lines.append(line)
                if a.out:
                    with Path(a.out).open("a") as file:
                        file.write(json.dumps(line) + "\n")
                print(_short(line), file=sys.stderr, flush=True)
    print(markdown(lines))


def _command(peer: str, pythons: dict[str, str], workload: str, a: Arguments) -> list[str]:
    start = [sys.executable, str(HERE / "run.py"), "--variant", a.variant]
    if peer != "penstock":
        start = [pythons[peer], str(HERE / "peers" / f"peer_{peer}.py")]
    runs = a.runs if a.workload == workload and a.runs else DEFAULTS[workload][0]
    fewer = runs if a.full else min(runs, FEWER.get(peer, {}).get(workload, runs))
    options = ["--workload", workload, "--runs", str(fewer)]
    if peer == "huey" and workload == "recovery":  # all of them in the queue before the kill: what is lost was lost, not unsent
        options += ["--concurrency", str(fewer)]
    elif a.concurrency:
        options += ["--concurrency", str(a.concurrency)]
    return start + options + (["--steps", str(a.steps)] if a.steps else [])


def _measure(peer: str, command: list[str]) -> dict[str, Any]:
    """One run: its line, with the share of all processors that others used meanwhile."""
    others = Others()
    workload = command[command.index("--workload") + 1]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        line = found[-1] if found else {"peer": peer, "workload": workload, "error": done.stderr[-400:]}
    except subprocess.TimeoutExpired:
        line = {"peer": peer, "workload": workload, "error": f"not done within {LONGEST_S} s"}
    other = others.share()
    return line | {"other_cpu": round(other, 2), "noisy": other > NOISY}


def _short(line: dict[str, Any]) -> str:
    shown = {name: line[name] for name in ("wall_s", "steps_per_s", "ready_s", "cold_ms", "other_cpu", "error", "skip") if name in line}
    return f"{line['workload']:10} {line['peer']:10} {shown}"
