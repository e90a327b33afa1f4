"""Every option of a run, and how its value is found."""
