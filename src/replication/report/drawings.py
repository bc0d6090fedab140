"""Figures as parts of a page: inline, named, and with the file that draws them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from replication.figures.draw import FIGURES
from replication.figures.style import Key

TABLES: Mapping[str, str] = {
    "gridworld_sweep": "paper_checks/studies/sweep_*.csv",
    "plausible": "paper_checks/multiverse/",
    "best_faith": "paper_checks/multiverse/best_faith.csv",
    "specification": "paper_checks/multiverse/",
    "governing": "paper_checks/multiverse/fig3.csv",
    "thresholds": "results/thresholds.csv",
    "promise": "paper_checks/promise/",
    "causes": "paper_checks/promise/causes.csv",
    "extended/": "paper_checks/extended/",
}
"""What figures are drawn from beside results, by what their names begin with."""


@dataclass(frozen=True)
class Picture:
    """A figure on the page."""

    name: str
    title: str
    """The first sentence of its caption."""
    caption: str
    """The rest."""
    svg: str
    drawn_by: str
    """The file that draws it, empty if it is none of ours."""
    data: Sequence[str]
    """What it is drawn from."""

    @property
    def label(self) -> str:
        """What the text calls it: the paper's figures by number."""
        number = self.name.removeprefix("fig")
        return f"Figure {number}" if number.isdecimal() else ""

    @property
    def view_box(self) -> str:
        """The coordinates of its drawing area, the four numbers of ``viewBox``."""
        found = re.search(r'<svg[^>]*viewBox="([-\d. ]+)"', self.svg)
        return found[1] if found else "0 0 1 1"


def pictures(captions: Mapping[str, str], folder: Path) -> list[Picture]:
    """The figures of a report, the paper's first.

    Parameters
    ----------
    captions : mapping
        The caption of each figure.
    folder : Path
        Where ``<name>.svg`` is.
    """
    ours = list(FIGURES)
    names = sorted(captions, key=lambda name: ours.index(name) if name in ours else len(ours))
    return [_picture(name, captions[name], folder) for name in names]


def _picture(name: str, caption: str, folder: Path) -> Picture:
    # A sentence ends where the next begins: not after "eq." of "eq. 5".
    first, *others = re.split(r"(?<!eq)\. ", " ".join(caption.split()), maxsplit=1)
    drawn_by = FIGURES[name].draw.__module__ if name in FIGURES else ""
    return Picture(
        name=name,
        title=first.removesuffix("."),
        caption="".join(others),
        svg=inline_svg(folder / f"{name}.svg", name),
        drawn_by=drawn_by and f"src/{drawn_by.replace('.', '/')}.py",
        data=drawn_from(name),
    )


def drawn_from(name: str) -> list[str]:
    """The folders of results and the tables that a figure is drawn from."""
    needs: Sequence[Key] = FIGURES[name].needs if name in FIGURES else ()
    folders = dict.fromkeys(f"results/{experiment}/" for experiment, _ in needs)
    return [*folders, *(table for start, table in TABLES.items() if name.startswith(start))]


def inline_svg(path: Path, name: str) -> str:
    """An SVG as part of a page: no prolog, no fixed size, ids that cannot clash.

    The whole has the id ``picture-<name>``, so that other places can show it again; its name for
    those who do not see it is the caption. Text stays text.
    """
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"<metadata>.*?</metadata>|<title>.*?</title>|<!--.*?-->", "", svg, flags=re.DOTALL
    )
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'((?:\bid="|href="#|url\(#))', rf"\1{name}-", svg)
    svg = re.sub(r"\n\s+", "\n", svg)
    said = f'aria-labelledby="title-{name} caption-{name}"'
    return svg.replace("<svg", f'<svg id="picture-{name}" role="img" {said}', 1)
