"""Games: what the agents act in."""
