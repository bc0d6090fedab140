"""The paper's algorithm a second time, and what it sends, by other means.

`literal` is Algorithm 1 line by line, `sampled_dilemma` and `scalar_gridworld` what it learns from
samples; `messaging` has agents exchange messages, and `audit`, `disclosure`, `arithmetic` look on.
"""
