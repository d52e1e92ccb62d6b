"""Opinions on what to own, and the proof that they do not look ahead."""
