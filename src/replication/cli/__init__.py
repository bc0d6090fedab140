"""The command line, ``netnewton``.

`main` has what a reader runs and the workflow's stages, `reviewer` what a reviewer runs.
"""
