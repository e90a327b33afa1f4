"""What a run found: the model, how it is built and counted, and what is concluded from it."""
