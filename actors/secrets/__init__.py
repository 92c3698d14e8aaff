"""Secrets by handle: where they lie, how they reach a step, and what keeps them out of everything that is written or said."""
