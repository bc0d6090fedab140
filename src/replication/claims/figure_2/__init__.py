"""Claims on learning from samples in the Prisoner's Dilemma (Section 6, Figure 2)."""
