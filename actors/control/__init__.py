"""The control socket: JSON-RPC 2.0, one object a line, over a unix socket. Knows the runtime only by its port."""
