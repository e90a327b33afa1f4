"""One module for each command of the command line, and beside them what a command is made of."""
