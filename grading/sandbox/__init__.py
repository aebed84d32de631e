"""How a student's kernel is started and shut in: bubblewrap, limits, an end."""
