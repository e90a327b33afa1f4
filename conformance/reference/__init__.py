"""The reference endpoint: an honest Messages API on loopback. Shares no code with what judges it."""
