"""History replayed: the plain engine that is the specification, and its rivals."""
