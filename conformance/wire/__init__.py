"""The only place that touches the network: client, event parsing, limits, redaction, journal."""
