"""How async code reaches the database, and what it need not ask twice: the functions that apps use.

- `await in_db(verb, *args)` calls one sync verb or query in a thread of the process's pool.
- `await submit(verb, *args)` runs a small verb together with those of other clients in one transaction.
- `submit_from_thread(verb, *args)` does so for a thread, such as that of a REST view.
- `@cached(seconds)` keeps the answers of a read for that long, and lets only one thread read at a time.
- `insert_many(model, names, values)` inserts bulk that nobody asks for as instances.
- `delete(rows)` deletes however many rows, a chunk at a time.
"""

from realtime.runtime.caching import cached
from realtime.runtime.threads import in_db
from realtime.storage.pruning import delete
from realtime.storage.rows import insert_many
from realtime.storage.writer import submit, submit_from_thread

__all__ = ["cached", "delete", "in_db", "insert_many", "submit", "submit_from_thread"]
