"""The REST endpoints of shows."""
