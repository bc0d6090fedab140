"""Beyond the paper: many agents, mixing, unreliable links; declared before it is run, and no
evidence for any claim.
"""
