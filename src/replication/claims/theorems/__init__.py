"""Claims of Section 4: Theorems 1, 4, 5 and 7, and consistency."""
