"""The command line, ``netnewton``: `main` parses, `single` runs one experiment, `own` draws and
studies one's own, `stages` are the workflow's, `reviewer` has what a reviewer runs.
"""
