"""The only place that names undocumented attributes of other libraries, each with a plain road beside it."""
