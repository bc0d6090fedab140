"""A fair trial of methods that are second order in fact: registered, tuned at equal cost, tried on
fresh seeds, and tried again. And which causes keep Algorithm 1 from being Newton's method.
"""
