"""Sends what a plan asks for and hands out replies: one asyncio loop in a background thread."""
