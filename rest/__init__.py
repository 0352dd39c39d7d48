"""The plumbing of every REST view: answers, pages, rendering, schema, times and request bounds."""
