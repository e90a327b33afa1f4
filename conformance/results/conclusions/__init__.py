"""What follows from the results of single cases: gate, tiers, baseline, capabilities."""
