"""Verdicts at an n that is fixed beforehand by power, from seeds of their own, beside those at 30.

`plan` says how many repetitions, `larger` takes the verdicts and reads the committed ones.
"""
