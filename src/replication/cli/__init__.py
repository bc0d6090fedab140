"""The command line, ``netnewton``: `main` parses, `show` prints; `single` runs one experiment,
`own` draws one's own, `checking` judges, `stages` are the workflow's, `reviewer` a reviewer's.
"""
