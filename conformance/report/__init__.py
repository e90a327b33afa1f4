"""Outputs of a run, one file each, all pure functions of the results model. Wording for people lives here."""
