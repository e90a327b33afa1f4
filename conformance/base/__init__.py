"""Tools that any package may use. Imports no other package of the project."""
