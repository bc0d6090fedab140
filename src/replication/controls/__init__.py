"""Each check is seen to fail.

A control is a planted fault with the check that must catch it: those of the claims stand beside
the claims, those of other checks here. `selftest` plants them all.
"""
