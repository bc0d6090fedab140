"""The command line, ``netnewton``: `main` parses, `single` runs one experiment, `stages` are the
workflow's, `reviewer` has what a reviewer runs.
"""
