"""What REST answers about recordings."""
