"""How a commit in one process reaches the hubs of all processes."""
