"""Claims on the game and the trackers under other readings."""

import pytest

from replication.claims.evidence import Evidence
from replication.claims.groups import measures


def test_trackers_keep_the_average_they_start_with(tmp_path):
    """Algorithm 1 keeps mean(gtilde - g); only trackers that start consistent track."""
    found = {
        option: measures()["tracking"](
            Evidence(tmp_path, 0.98, readings={"initial-conditions": option})
        )["tracking-error"].value
        for option in ("consistent-trackers", "any-trackers")
    }
    assert found["consistent-trackers"] < 1e-9 < 1e-2 < found["any-trackers"]


def test_the_repeated_game_is_not_dominated_by_defection(tmp_path):
    """Against a partner who defects once it was defected on, defection loses when gamma = 0.8.

    Always to cooperate gets -1 from such a partner; always to defect 0 once and then -2.
    """
    repeated = Evidence(tmp_path, 0.98, readings={"game-horizon": "repeated"})
    found = measures()["nash"](repeated)
    assert found["dominance-margin"].value == pytest.approx(-1.6 + 1.0)
    assert found["equilibrium-return"].value == pytest.approx(-2.0)
    assert found["team-optimum"].value == pytest.approx(-1.0)
