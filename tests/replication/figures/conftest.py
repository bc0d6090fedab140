"""Small results, and all figures drawn from them in one call; tests leave both as they are."""

import pytest
from figure_results import DRAWN, load, make
from project_copy import shared

from replication.figures import draw
from replication.figures.style import themed


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    def fill(out):
        for experiment in {name for drawing in draw.FIGURES.values() for name, _ in drawing.needs}:
            make(out, experiment)

    return shared(tmp_path_factory, "results", fill)


@pytest.fixture(scope="session")
def results(folder):
    return load(folder)


@pytest.fixture(scope="session")
def drawn(results, tmp_path_factory):
    return shared(tmp_path_factory, "figures", lambda out: draw.draw(DRAWN, results, 0.98, out))


@pytest.fixture
def theme():
    with themed():
        yield
