"""The figures, one a file.

`draw` knows them all and writes SVG, PNG, data and caption; `style` is what they share.
"""
