"""A daemon with keys in its environment, as a process: what its steps can see of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.house import House

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
KEY, TOKEN = "key-of-the-provider/1", "token-of-the-forge+2"
STEP = """
import os
print(os.environ["TOKEN"], sorted(os.environ))
print([open("/proc/self/" + name, "rb").read() for name in ("cmdline", "environ")])
"""


def test_a_step_has_its_own_secret_and_nothing_of_the_keys(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("FORGE_TOKEN", TOKEN)
    inherited = '["PATH", "HOME", "OPENAI_API_KEY", "FORGE_TOKEN"]'
    house.config.write_text(f'[secrets.forge]\nenv = "FORGE_TOKEN"\n[flow]\nscript_inherit_env = {inherited}\n')
    (house.folder / "step.py").write_text(STEP)
    house.start()
    run_id = house.run(f"  - {{id: a, command: [{sys.executable}, -I, {house.folder}/step.py], env: {{TOKEN: secrets.forge}}}}\n")
    output = house.reach(run_id)["nodes"][0]["output"]
    assert output.startswith("[secret forge] ")
    assert "OPENAI_API_KEY" not in output
    assert "FORGE_TOKEN" not in output
    found = [
        file for file in house.folder.rglob("*") if file.is_file() and any(word.encode() in file.read_bytes() for word in (KEY, TOKEN))
    ]
    assert found == []


def test_a_process_that_keeps_its_memory_private_says_so_to_the_kernel() -> None:
    code = "from ctypes import CDLL; from actors.secrets.memory import keep_private; print(keep_private(), CDLL(None).prctl(3, 0, 0, 0, 0))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "0"]
