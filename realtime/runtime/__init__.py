"""What a process runs on: threads, the writer, caches, periodic work."""
