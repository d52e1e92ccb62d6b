"""What the reader sees: the record as Hugo pages."""
