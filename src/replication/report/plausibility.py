"""How much of the plausible space a claim holds in, and what decides it, in the report's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from replication.claims.verdicts import REPRODUCED
from replication.experiments.intervals import share_interval
from replication.multiverse.shares import Share, short
from replication.report.wording import MAIN_LAW

MOST = 3  # choices that are named


def of_claims(shares: Iterable[Share]) -> dict[str, dict[str, Any]]:
    """What the universes say of each claim that was judged in them, as plain data."""
    return {share.claim: _data(share) for share in shares}


def _data(share: Share) -> dict[str, Any]:
    return {
        "figure": share.figure,
        "universes": share.universes,
        "current": share.current,
        "laws": {
            law: {verdict: interval._asdict() for verdict, interval in found.items()}
            for law, found in share.laws.items()
        },
        "importances": [
            {"choice": i.choice, "value": i.value, "lower": i.lower, "upper": i.upper}
            | {"decides": i.decides}
            for i in share.importances[:MOST]
        ],
    }


def held_in(claim: Mapping[str, Any]) -> str:
    """The share of the plausible space in which a claim is reproduced; a dash where none is known.

    With its interval by the law universes are drawn by, and its span over all laws.
    """
    if (found := claim["plausible"]) is None:
        return "–"
    shares = {law: verdicts[REPRODUCED] for law, verdicts in found["laws"].items()}
    main, values = shares[MAIN_LAW], [_percent(share["value"]) for share in shares.values()]
    interval = f"[{_percent(main['lower'])}, {_percent(main['upper'])}]"
    least, most = min(values), max(values)
    span = f"{least} to {most} % by law" if least < most else f"{most} % by every law"
    return f"{_percent(main['value'])} % {interval} ({span})"


def decided_by(claim: Mapping[str, Any]) -> str:
    """The choices that decide whether a claim holds, the foremost first; a dash where none does."""
    found = claim["plausible"]
    names = [short(i["choice"]) for i in found["importances"] if i["decides"]] if found else []
    return ", ".join(names) or "–"


def holds(claim: Mapping[str, Any]) -> str:
    """What the plausible space says of a claim, in words."""
    share, _, by_law = held_in(claim).partition(" (")
    choices = decided_by(claim)
    decided = "no choice alone decides it" if choices == "–" else f"decided by {choices}"
    return f"holds in {share} of the plausible space ({by_law}; {decided}"


def sentence(claims: Iterable[Mapping[str, Any]]) -> str:
    """In how much of the plausible space the claims hold, from the least to the most."""
    explored = [claim for claim in claims if claim.get("plausible")]
    if not explored:
        return "In how much of the plausible space the claims hold has not been explored."
    old = any(not claim["plausible"]["current"] for claim in explored)
    age = " (explored with an earlier version of the sources)" if old else ""
    share = {claim["title"]: _percent(_held(claim)) for claim in explored}
    most = max(share, key=lambda title: share[title])
    return (
        f"What holds depends on choices that the paper leaves open{age}: the claims on Figures 1 "
        f"to 3 hold in {min(share.values())} to {share[most]} % of all plausible sets of choices, "
        f"most often “{most}”{_foremost(explored)}"
    )


def _held(claim: Mapping[str, Any]) -> float:
    return float(claim["plausible"]["laws"][MAIN_LAW][REPRODUCED]["value"])


def _foremost(claims: Iterable[Mapping[str, Any]]) -> str:
    """The choice that decides most claims."""
    count = Counter(
        short(importance["choice"])
        for claim in claims
        for importance in claim["plausible"]["importances"]
        if importance["decides"]
    )
    return "".join(
        f" The choice that decides most of them: {name} ({times})."
        for name, times in count.most_common(1)
    )


def best_universe(found: Mapping[str, Any] | None, titles: Mapping[str, str]) -> str:
    """Where most claims on the figures hold together, what that assumes, and how rare it is.

    Parameters
    ----------
    found : mapping or None
        What the search has found, ``best_faith.json``.
    titles : mapping
        Each claim's title by its id.
    """
    if found is None:
        return "In which universe most claims on the figures hold together has not been searched."
    best, claims = found["universes"][0], found["claims"]
    lost = [titles.get(claim, claim) for claim in claims if best["verdicts"][claim] != REPRODUCED]
    assumed = [f"{short(name)} = {value}" for name, value in best["assumed"].items()]
    rare = share_interval(found["as_many"], found["drawn"], found["confidence"])
    age = "" if found["current"] else " (searched with an earlier version of the sources)"
    return (
        f"One set of choices shows {best['held']} of the {len(claims)} claims on Figures 1 to 3 "
        f"together{age}: {', '.join(assumed) or 'nothing changed'}, all else by default."
        f"{_but(lost)} "
        f"It was confirmed with {found['repetitions']} fresh repetitions. Of {found['drawn']:,} "
        f"universes drawn at random {found['as_many']} show as many "
        f"({100 * rare.value:.2g} % [{100 * rare.lower:.2g}, {100 * rare.upper:.2g}]). "
        f"{_curvature(best['verdicts'])}"
    )


def _but(lost: Sequence[str]) -> str:
    return f" It does not show: {', '.join(f'“{title}”' for title in lost)}" if lost else ""


def _curvature(verdicts: Mapping[str, str]) -> str:
    """Where DN is ahead of first-order steps of the same size."""
    against = [v for claim, v in verdicts.items() if claim.startswith("attribution-")]
    return (
        f"There, too, DN is ahead of DS, which takes the same steps without curvature, in "
        f"{against.count(REPRODUCED)} of {len(against)} comparisons."
    )


def _percent(share: float) -> int:
    return round(100 * share)
