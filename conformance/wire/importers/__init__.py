"""Readers of exchanges that others recorded."""
