"""What derivatives consist of, for comparisons."""


def arrays(found):
    """The arrays by name: all but the function that gives estimates elsewhere."""
    return {name: part for name, part in found._asdict().items() if name != "elsewhere"}
