"""The REST endpoints of calls, with a module for each noun."""
