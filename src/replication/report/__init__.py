"""From verdicts to pages.

`collect` gathers the report's data, `sentences` words what it opens with, `pages` writes Markdown
and HTML, `terminal` one claim for a screen.
"""
