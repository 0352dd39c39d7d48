"""How messages are written in bytes, and the documents that describe them."""
