"""Runs a plan against a target: settings, target, plan, engine. Nothing here decides what an outcome is."""
