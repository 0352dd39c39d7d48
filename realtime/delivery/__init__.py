"""From the event log and the broker to every subscriber of a room, in order."""
