"""Prices: what they are, where they come from, whether they can be used."""
