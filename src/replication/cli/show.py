"""What commands print: tables, coloured on a terminal and plain text elsewhere, or JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from replication.claims.verdicts import CONTRADICTED, INCONCLUSIVE, MARKS, REPRODUCED

if TYPE_CHECKING:  # rich takes a tenth of a second, which `--help` need not pay
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

STYLES = {
    REPRODUCED: "green",
    CONTRADICTED: "red",
    INCONCLUSIVE: "yellow",
    **dict.fromkeys(("caught", "ok", "identical"), "green"),
    **dict.fromkeys(("MISSED", "DIFFERS"), "bold red"),
}
"""The colour of a line or cell, by its first words."""

PAGE = 79
"""Columns of paragraphs where there is no terminal to fill."""


def as_json(document: Any) -> None:
    """Print plain data; what no JSON number can say, such as infinity, becomes text."""
    print(json.dumps(_plain(document), indent=1, ensure_ascii=False, allow_nan=False))


def lines(texts: Iterable[str]) -> None:
    """Print lines as they come."""
    for text in texts:
        _print(_coloured(text))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], indent: int = 0) -> None:
    """Print rows below a header; an empty one is not shown."""
    from rich.padding import Padding

    found = _table(header if any(header) else ())
    for row in rows:
        found.add_row(*map(_coloured, row))
    _print(Padding(found, (0, 0, 0, indent), expand=False))


def growing(header: Sequence[str], known: Iterable[Sequence[str]]) -> Callable[..., None]:
    """Print the header of a table, and return what prints its next row: for rows that take long.

    Parameters
    ----------
    header : sequence of str
    known : iterable
        The leftmost cells of all rows, as far as they are known: they say how wide columns are.
    """
    widths = [max(map(len, column)) for column in zip(header, *known, strict=False)]
    widths += [len(name) for name in header[len(widths) :]]

    def row(*cells: str) -> None:
        found = _table(())
        for width in widths:
            found.add_column(min_width=width)
        found.add_row(*map(_coloured, cells))
        _print(found)

    row(*header)
    return row


def entries(labelled: Iterable[tuple[str, str]]) -> None:
    """Print labels with the paragraphs beside them; below an empty label the last one goes on."""
    found = _table(("", ""))
    found.show_header = False
    for label, text in labelled:
        found.add_row(label, _coloured(" ".join(text.split())))
    found.width = None if _is_terminal() else PAGE
    _print(found)


def _table(header: Sequence[str]) -> Table:
    """An empty table; its first column is never broken into lines."""
    from rich.table import Table

    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(header))
    for number, name in enumerate(header):
        found.add_column(name, no_wrap=number == 0)
    return found


def _coloured(text: str) -> Text:
    from rich.text import Text

    first = re.match(r"[\w ]*", text.lstrip("".join(MARKS.values()) + " "))
    change = "→" in text
    word = first[0].strip().partition(" ")[0] if first and not change else ""
    return Text(text, STYLES.get(word, ""))


def _print(shown: RenderableType) -> None:
    """Print as wide as the terminal; without one, as wide as it gets and without trailing space."""
    from rich.console import Console

    console = Console(highlight=False, width=None if _is_terminal() else 10_000)
    if _is_terminal():
        console.print(shown)
        return
    with console.capture() as captured:
        console.print(shown)
    print("\n".join(text.rstrip() for text in captured.get().splitlines()), flush=True)


def _is_terminal() -> bool:
    """Whether there is one, or the user says so (FORCE_COLOR); rich knows."""
    from rich.console import Console

    return Console().is_terminal


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
