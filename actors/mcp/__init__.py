"""Servers of the Model Context Protocol, whose tools agents use: one supervised actor for each, and the way to it."""
