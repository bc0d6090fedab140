"""What is claimed and what we find.

One folder for each group of claims, with the same parts: what is measured (`measure`) and the
planted faults that the checks must catch (`faults`). `ledger` reads the regions, `judge` judges.
"""
