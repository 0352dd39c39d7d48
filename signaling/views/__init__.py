"""What the API answers about calls, a module for each noun."""
