"""Database work from async code: `in_db` runs a call in a thread, `submit` batches verbs, `cached` shares a read."""

from realtime.runtime.caching import shared as cached
from realtime.runtime.threads import in_db
from realtime.runtime.writer import submit

__all__ = ["cached", "in_db", "submit"]
