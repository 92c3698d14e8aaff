"""Nodes in which a model works: the way to the models, and what is said to them."""
