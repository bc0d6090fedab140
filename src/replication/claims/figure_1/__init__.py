"""Claims on exact learning in the Prisoner's Dilemma (Section 6, Figure 1)."""
