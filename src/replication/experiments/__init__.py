"""From configuration to results.

An experiment is data (`config`); `build` makes library objects of it, `simulate` runs them,
`results` stores what came out, and `tune` runs grids of settings.
"""
