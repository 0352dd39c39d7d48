"""What live shows hear and say on sockets, a module per protocol."""
