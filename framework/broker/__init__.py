"""Venues, and the paper book that behaves like one."""
