"""The committed table of readings, paper_checks/readings.json, which `sweep` has made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replication.experiments.config import ROOT
from replication.experiments.files import digest
from replication.experiments.made import read_made
from replication.readings.enumeration import DEFAULT
from replication.readings.sources import SOURCES

TABLE = ROOT / "paper_checks" / "readings.json"


@dataclass(frozen=True)
class Table:
    """The committed table of readings."""

    library: str
    rows: Sequence[Mapping[str, Any]]

    def is_current(self, verdicts: Mapping[str, str]) -> bool:
        """Whether it was made with the sources that are here, and with what else is.

        Configuration, ledgers and tables count as the same if the default reading has the same
        verdicts in the table as those given, by claim.
        """
        default = {claim: row["verdict"] for claim, row in self.rows[0]["claims"].items()}
        return self.library == digest(SOURCES) and default == dict(verdicts)

    @property
    def size(self) -> int:
        """How many readings there are beside the default one, each counted once."""
        return len({row["id"] for row in self.rows} - {DEFAULT})

    def of_claim(self, claim: str) -> list[tuple[str, str]]:
        """Each reading other than the default under which a claim was measured, and the verdict."""
        found = {
            row["id"]: row["claims"][claim]["verdict"]
            for row in self.rows
            if row["id"] != DEFAULT and claim in row["claims"]
        }
        return list(found.items())

    def changed_by(self, ambiguity: str, option: str) -> list[str] | None:
        """The claims whose verdict one option alone changes; None if it was not measured."""
        default = self.rows[0]["claims"]
        for row in self.rows:
            if row["choice"] == {ambiguity: option} and row["product"] is None:
                claims = row["claims"]
                return [c for c in claims if claims[c]["verdict"] != default[c]["verdict"]]
        return None


def read_table(path: Path = TABLE) -> Table | None:
    """The committed table; None if there is none yet.

    Raises
    ------
    ConfigError
        If it is damaged.
    """
    return read_made(
        path, lambda d: Table(d["library"], d["readings"]), "./run snakemake --cores 8 sweep"
    )
