"""The only place that names what other libraries do not document. Each adapter has a plain road beside it."""
