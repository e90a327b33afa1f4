"""Attacks on an answer, one module for each layer."""
