"""The tools of agents: where each comes from, and the one place through which all of them are used."""
