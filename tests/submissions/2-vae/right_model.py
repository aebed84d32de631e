"""Hands in the model answer."""

expected = {}
solved = ["vae-loss", "vae", "vae-training"]
