"""The outputs, one file for each, as pure functions of `results`. Words for people live here."""
