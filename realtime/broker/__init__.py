"""Publish/subscribe among server processes, and what the kernel publishes through it."""
