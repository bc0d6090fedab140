"""Claims on the continuous gridworld (Section 6, Figure 3)."""
