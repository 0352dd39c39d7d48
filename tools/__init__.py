"""What `make` calls; nothing in the product imports it."""
