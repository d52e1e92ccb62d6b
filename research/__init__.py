"""Studies that notebooks import; promoted to `framework` or deleted, never imported by it."""
