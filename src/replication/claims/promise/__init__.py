"""Our claims on what it takes to be second order in fact, measured on the trial's tables."""
