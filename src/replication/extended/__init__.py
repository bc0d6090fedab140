"""Beyond the paper: many agents, mixing, unreliable links. Declared before it is run, and kept apart
from the claims.
"""
