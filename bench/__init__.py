"""The benchmark: the product as it is against its peers, in one run."""
