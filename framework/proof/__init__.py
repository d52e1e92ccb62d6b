"""What a stranger needs to check us: published answers, recomputation, replayed orders. Above every other room."""
