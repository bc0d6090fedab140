"""From verdicts to pages.

`collect` gathers the data, `sentences` and `wording` say it in words, `notation` typesets formulas,
`drawings` brings figures in, `pages` writes Markdown and HTML, `terminal` one claim for a screen.
"""
