"""Writing the report's pages from ``report.json``: Markdown for a forge, HTML for a reader."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from replication.claims.verdicts import MARKS, REPRODUCED
from replication.experiments.config import ConfigError
from replication.experiments.files import write_text
from replication.report.drawings import pictures
from replication.report.notation import typeset
from replication.report.plausibility import decided_by, held_in, holds
from replication.report.sentences import FIGURES, OURS, counted, of_the_paper, sentences
from replication.report.wording import in_words, robustness, verdict

PARTS = {
    "Definitions and Sections 2–3": "Sections 1 to 3: the algorithm",
    "Section 4": "Section 4: convergence",
    FIGURES: "Section 6: experiments",
    "Appendix A": "Appendix A: estimators",
    OURS: "Our questions: is it curvature?",
}
"""The groups of claims in the paper's order, as the pages name them."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
UNITS = {"1": "", "reward": "in units of reward", "1/iteration": "per iteration"}
"""Units in words, where they are none yet."""
ROUNDING = 1e-5
"""A bound that is nearer to a round number than this, and is not it, leaves room for rounding."""
MOST_LISTED = 12
"""Readings that are named one by one; the page says how many more there are."""


def write_pages(data: Path, figures: Path, out: Path) -> None:
    """Write ``report.md`` and the self-contained ``report.html`` into `out`.

    Raises
    ------
    ConfigError
        If `data` is not a report's data.
    """
    try:
        report = complete(json.loads(data.read_text(encoding="utf-8")))
        captions = dict(report["figures"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"{data} is not a report's data: make it with "
            "./run snakemake --cores 2 paper_checks/report.json"
        ) from None
    shown = {"report": report, "parts": _parts(report), "pictures": pictures(captions, figures)}
    environment = _environment()
    markdown = environment.get_template("report.md.j2").render(shown)
    write_text(out / "report.md", re.sub(r"\n{3,}", "\n\n", markdown))
    page = environment.overlay(autoescape=True).get_template("report.html.j2")
    write_text(out / "report.html", page.render(shown))


def complete(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report's data in which parts that were not made, such as the sweep, are null or empty."""
    blank: dict[str, Any] = {
        "plausible": None,
        "readings_swept": None,
        "power": None,
        "controls": [],
    }
    claims = [{**blank, "title": _first(claim), **claim} for claim in report["claims"]]
    parts: dict[str, Any] = {
        "sweep": None,
        "power": None,
        "trial": None,
        "attribution": [],
        "errata": [],
        "limitations": [],
    }
    filled = {**parts, **report, "claims": claims}
    return {"summary": sentences(filled), **filled}


def _first(claim: Mapping[str, Any]) -> str:
    """The first sentence of a claim that has no title."""
    return f"{claim['claim'].partition('. ')[0].removesuffix('.')}."


def _parts(report: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """The claims of each part of the paper, in its order; parts of another name last."""
    names = dict.fromkeys([*PARTS, *(claim["group"] for claim in report["claims"])])
    found = {name: [c for c in report["claims"] if c["group"] == name] for name in names}
    return {name: claims for name, claims in found.items() if claims}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("replication.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    numbers = (number, interval, measured, region, final_return, arrived)
    claims = (verdict, robustness, in_words, deciding, held_in, decided_by, holds, draws)
    lists = (counted, of_the_paper)
    shown = (*numbers, *claims, *lists, cell, effect, slug, typeset)
    environment.filters.update({function.__name__: function for function in shown})
    environment.filters.update(mark=MARKS.__getitem__)
    environment.globals.update(
        most_listed=MOST_LISTED, figures_part=FIGURES, ours=OURS, part_titles=PARTS
    )
    return environment


def slug(text: str) -> str:
    """A name as part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def deciding(claim: Mapping[str, Any]) -> Mapping[str, Any]:
    """The quantity that a claim's verdict is due to: the first one with the same verdict."""
    quantities: Sequence[Mapping[str, Any]] = claim["quantities"]
    return next((q for q in quantities if q.get("verdict") == claim["verdict"]), quantities[0])


def unit(name: str) -> str:
    """A unit in words, empty for a number without one."""
    return UNITS.get(name, name)


def measured(quantity: Mapping[str, Any]) -> str:
    """A measured quantity with its interval and its unit in words."""
    return f"{interval(quantity)} {unit(quantity['unit'])}".rstrip()


def number(value: float | str) -> str:
    """A number as people write it, four digits."""
    if isinstance(value, str) or not math.isfinite(value):
        return str(value).replace("inf", "∞").replace("-", "−")
    text = f"{value:.4g}"
    if "e" in text:
        digits, exponent = text.split("e")
        text = f"{digits}·10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return text.replace("-", "−")


def interval(quantity: Mapping[str, Any]) -> str:
    """A measured quantity with its interval, alone if it does not vary.

    What measures rounding alone is shown against its bound, as long as it keeps to it.
    """
    if quantity.get("rounding") and quantity["verdict"] == REPRODUCED:
        return bound(quantity["region"])
    value, lower, upper = quantity["value"], quantity["lower"], quantity["upper"]
    if lower == upper:
        return number(value)
    return f"{number(value)} [{number(lower)}, {number(upper)}]"


def bound(region: Mapping[str, float]) -> str:
    """What a quantity that keeps to its region's upper bound is known to stay below."""
    most = number(region["at_most"]).removeprefix("1·")
    return f"within ±{most}" if "at_least" in region else f"< {most}"


def final_return(run: Mapping[str, Any]) -> str:
    """A run's mean final return; of how many repetitions, if some have diverged."""
    left = f" (of {run['final']['n']})" if run["diverged"] else ""
    return interval(run["final"]) + left


def arrived(run: Mapping[str, Any]) -> str:
    """How many repetitions ended near the optimum; a dash where none is known."""
    return "–" if run["optimum"] is None else f"{run['arrived']}/{run['repetitions']}"


def region(bounds: Mapping[str, float]) -> str:
    """A region as inequalities; room for rounding is told apart from what is meant."""
    if set(bounds) == {"at_least", "at_most"}:
        (low, room), (high, _) = _round(bounds["at_least"]), _round(bounds["at_most"])
        if low == high:
            return f"= {_digits(low)}{_up_to(room)}"
        if low == -high:
            return f"within ±{_digits(high)}"
    signs = {"above": ">", "below": "<", "at_least": "≥", "at_most": "≤"}
    return " and ".join(f"{signs[key]} {_bound(value)}" for key, value in bounds.items())


def _bound(value: float) -> str:
    meant, room = _round(value)
    return f"{_digits(meant)}{_up_to(room)}"


def _round(value: float) -> tuple[float, float]:
    """The round number that a bound is meant to be, and how far the bound is from it."""
    meant = round(value, 3)
    room = abs(value - meant)
    return (meant, room) if meant and 0 < room < ROUNDING else (value, 0.0)


def _up_to(room: float) -> str:
    return f" up to rounding ({_digits(float(f'{room:.1g}'))})" if room else ""


def _digits(value: float) -> str:
    return number(value).removeprefix("1·")


def effect(option: Mapping[str, Any]) -> str:
    """How many verdicts an option of an ambiguity changes, as far as it has been measured."""
    measured = option.get("effect")
    if measured is None:
        return "not measured"
    if not measured["count"]:
        return "changes no verdict"
    return f"changes {measured['count']} verdict{'s' if measured['count'] > 1 else ''}"


def draws(power: Mapping[str, Any]) -> str:
    """The verdict at the larger n, and what the draws of 30 of its repetitions say."""
    shares = (f"{n / power['draws']:.0%} {name}" for name, n in power["counts"].items())
    luck = "; n = 30 decides it by luck" if power["by_luck"] else ""
    return (
        f"{power['verdict']} at n = {power['repetitions']}, from other seeds; "
        f"{power['draws']} draws of 30 of these: {', '.join(shares).replace('%', ' %')}{luck}"
    )


def cell(text: str) -> str:
    """Text that may stand in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
