"""Measurements that ship with the project; run them with ``make bench``."""
