"""Hands in the model answer."""

expected = {}
solved = ["noise", "dae", "dae-training"]
