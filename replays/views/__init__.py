"""Replays over REST."""
