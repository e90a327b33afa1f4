"""Protocol conformance tests for Anthropic's Messages API. The version is the only thing that belongs here."""

__version__ = "0.1.0"
