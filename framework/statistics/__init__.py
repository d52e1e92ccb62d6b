"""Judgement: every published number, with its interval and its n."""
