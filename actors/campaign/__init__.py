"""Optimization campaigns: a frozen workflow, one tiny mutation at a time, measured against its baseline; a person approves and applies."""
