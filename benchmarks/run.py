"""Benchmarks of Penstock and its peers: one run of one workload, or rounds of many beside each other. See docs/benchmarks.md."""

# ruff: noqa: PLC0415  # a cold start must not pay for what other workloads import

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import gauge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="append", default=[], help="langgraph, dbos, huey, ceiling or all: interleave rounds with these")
    parser.add_argument("--rounds", type=int, help="rounds beside each other (with or without peers)")
    parser.add_argument("--out", help="file for one JSON line per run of the rounds")
    parser.add_argument("--full", action="store_true", help="peers do as many runs as Penstock (slow)")
    parser.add_argument("--profile", metavar="FILE", help="write a cProfile of a workload that runs in this process")
    gauge.short_slice()
    a = gauge.parse("penstock", ("auto", "inline", "thread"), parser)
    if a.beside or a.rounds or a.workload == "all":
        from rounds import rounds

        rounds(a)
    elif a.workload in ("recovery", "cold"):
        import drivers

        getattr(drivers, a.workload)(a)
    elif a.workload == "child-hello":
        from hello import hello

        hello(a)
    else:
        measure(a)


def measure(a: gauge.Arguments) -> None:
    import trio
    from workloads import WORK

    if not a.profile:
        trio.run(WORK[a.workload], a)
        return
    import cProfile

    profiler = cProfile.Profile()
    profiler.enable()
    trio.run(WORK[a.workload], a)
    profiler.disable()
    profiler.dump_stats(a.profile)


if __name__ == "__main__":
    main()
