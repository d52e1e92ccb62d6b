"""One file, one strategy, one `STRATEGY`: a claim that can lose."""
