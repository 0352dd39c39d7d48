"""Who is connected to which room, through which process."""
