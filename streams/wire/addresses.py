"""The addresses that clients may give a show."""

# Pages may link to the address: it has no scheme that could run there, or it is a path on this server.
PATTERN = r"\A((https?|rtmps?|rtsp|srt|wss?)://|/(?![/\\]))"
