"""The only door to PostgreSQL: append, read, verify; no update, no delete."""
