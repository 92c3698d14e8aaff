"""Settings: one table of defaults and bounds, read from `penstock.toml` and `PENSTOCK_SECTION_KEY`. Not the place of paths."""

from __future__ import annotations

from actors.config.load import ConfigInvalid, Problem, load
from actors.config.settings import Config, Entry

__all__ = ["Config", "ConfigInvalid", "Entry", "Problem", "load"]
