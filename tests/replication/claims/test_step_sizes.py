"""The table of step sizes, and its figure."""

import pytest

from replication.claims.theorems import convergence, step_sizes
from replication.experiments.config import ConfigError
from replication.figures import draw
from replication.figures.threshold_curves import draw_thresholds


def test_table_and_figure(small, tmp_path, monkeypatch):
    monkeypatch.setattr(step_sizes, "EDGE_SIZE", convergence.SIZES[0])
    path = tmp_path / "thresholds.csv"
    step_sizes.write_thresholds(path)
    rows = step_sizes.read(path, step_sizes.HEADER)
    assert [row["dynamics"] for row in rows] == ["eq. 5", *["Algorithm 1"] * 4]
    assert all(0 < float(row["threshold"]) <= 1 for row in rows)
    monkeypatch.setitem(draw.FIGURES, "thresholds", draw_thresholds(path))
    draw.draw(["thresholds"], {}, 0.98, tmp_path)
    assert f"{len(rows) - 1} combinations" in (tmp_path / "thresholds.txt").read_text("utf-8")


def test_a_missing_table_is_told(tmp_path):
    with pytest.raises(ConfigError, match="is missing"):
        draw_thresholds(tmp_path / "none.csv").prepare({}, 0.98)
