"""The only place that knows the time, the environment and the commit."""
