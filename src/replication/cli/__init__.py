"""The command line, ``netnewton``: `main` parses, `show` prints; `single` runs one experiment,
`checking` judges, `stages` are the workflow's, `reviewer` has what a reviewer runs.
"""
