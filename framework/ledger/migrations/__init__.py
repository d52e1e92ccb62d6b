"""Alembic migrations of the record. Later ones may add, never rewrite rows."""
