"""What the log says of shows: each event once, with the words that each protocol has for it."""
