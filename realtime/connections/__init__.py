"""One connected client: who it is, what it may do, and the rooms it is in."""
