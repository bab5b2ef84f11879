"""Measures: pure functions from the help desk in memory to metric families."""
