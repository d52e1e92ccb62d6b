"""The desk's names: all that a notebook imports."""
