"""Support over REST."""
