"""What any package may use and what belongs to none of them. Imports nothing of ours."""
