"""What becomes of the claims where the paper leaves a choice.

`enumeration` lists the readings, `sweep` measures every claim under each of them, and `table`
reads the committed outcome.
"""
