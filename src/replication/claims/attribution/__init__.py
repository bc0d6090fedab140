"""Our claims on what DN's advantage is due to (Figures 1 to 3)."""
