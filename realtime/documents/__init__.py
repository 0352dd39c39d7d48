"""The documents that are generated from the message classes of the protocols."""
