"""One file, one strategy, one `STRATEGY`: a claim that can lose. Each file stands alone, its universe included."""
