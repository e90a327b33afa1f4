"""What is told of a run, one file per output. Each is a pure function of `results`; wording for people lives here."""
