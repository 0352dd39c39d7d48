"""The ways in, each with its own kind of input. A door makes an input of a number, and sends a batch of them."""
