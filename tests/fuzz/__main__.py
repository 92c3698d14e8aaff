"""Changes texts of workflows at random and looks whether the readers bear it: `python -m tests.fuzz --seconds 60`.

Each text of `tests/fuzz/corpus` is a seed. What crashes a reader, breaks a promise or takes more than a second is written to
`--found` and told; the exit code is 1 then. Put such a text into the corpus once it is mended: the test suite reads all of it.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from pathlib import Path

from tests.fuzz.mutations import changed
from tests.fuzz.targets import TARGETS, judge, seeds


def main() -> int:
    """Run for the time that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30, help="how long (default 30)")
    parser.add_argument("--target", choices=[*TARGETS, "all"], default="all", help="which reader (default all)")
    parser.add_argument("--seed", type=int, default=None, help="of the random numbers; default: another one each time")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="folder for what was found (default ./fuzz-found)")
    args = parser.parse_args()
    seed = random.randrange(2**32) if args.seed is None else args.seed
    chance = random.Random(seed)
    targets = list(TARGETS) if args.target == "all" else [args.target]
    texts = {target: seeds(target) for target in targets}
    tried, found, end = 0, set[str](), time.monotonic() + args.seconds
    while time.monotonic() < end:
        target = chance.choice(targets)
        text = changed(chance.choice(texts[target]), texts[target], chance)
        tried += 1
        if (flaw := judge(target, text)) and flaw not in found:
            found.add(flaw)
            _keep(args.found, target, text, flaw)
    print(f"seed {seed}: {tried} texts, {len(found)} flaws")
    return 1 if found else 0


def _keep(folder: Path, target: str, text: str, flaw: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ending = "yaml" if target == "yaml" else "wf"
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.{ending}"
    path.write_text(text, encoding="utf-8", newline="")
    print(f"{path}: {target}: {flaw}")


if __name__ == "__main__":
    sys.exit(main())
