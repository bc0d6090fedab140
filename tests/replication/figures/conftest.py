"""Small results, and all figures drawn from them in one call."""

import pytest
from figure_results import DRAWN, load, make

from replication.figures import draw
from replication.figures.style import themed


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    for experiment in {name for drawing in draw.FIGURES.values() for name, _ in drawing.needs}:
        make(out, experiment)
    return out


@pytest.fixture(scope="session")
def results(folder):
    return load(folder)


@pytest.fixture(scope="session")
def drawn(results, tmp_path_factory):
    out = tmp_path_factory.mktemp("figures")
    draw.draw(DRAWN, results, 0.98, out)
    return out


@pytest.fixture
def theme():
    with themed():
        yield
