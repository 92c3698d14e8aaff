"""A daemon for tests that kill it: starts the commands given as JSON on its command line, says `up`, and stays."""

from __future__ import annotations

import json
import os
import sys

import trio

from actors.node.guardian.guardian import Guardian


async def main(tag: str, scripts: list[str]) -> None:
    guardian = Guardian(tag)
    folder, null = os.open("/", os.O_PATH), os.open("/dev/null", os.O_RDONLY)
    async with trio.open_nursery() as nursery:
        await nursery.start(guardian.serve)
        for number, script in enumerate(scripts):
            argv = ["sh", "-c", f"echo up; {script}"]
            process = await guardian.spawn(argv, {"PATH": os.environ["PATH"]}, token=f"t{number}", folder=folder, stdin=null)
            await trio.lowlevel.wait_readable(process.stdout)
        print(guardian.pid, flush=True)
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, sys.argv[1], json.loads(sys.argv[2]))
