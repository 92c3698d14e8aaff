"""The command line: a client of the control socket that carries a daemon of its own where none listens."""
