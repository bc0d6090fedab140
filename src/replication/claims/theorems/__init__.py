"""Claims of Section 4: Theorems 4, 5 and 7, on team problems that satisfy their assumptions."""
