"""The network and foreign files: client, limits, redaction, journal, importers, proxy."""
