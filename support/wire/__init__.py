"""What is said on sockets: in Wrencos' words, and in our own."""
