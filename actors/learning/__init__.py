"""Learnings: what ended runs of a workflow teach, what people say to it, and what later runs are told."""
