"""The messages of live shows on sockets, a module per protocol."""
