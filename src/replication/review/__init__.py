"""What a reviewer does with the stored results.

`replay` recomputes a repetition, `verify` derives the report again, `diff` compares two runs,
and `archive` packs the raw results.
"""
