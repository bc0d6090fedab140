"""The paper's algorithm a second time, and what it sends, by other means.

`literal` is Algorithm 1 line by line; `messaging` the same as agents that exchange recorded
messages; `audit`, `disclosure` and `arithmetic` look at those messages and count operations.
"""
