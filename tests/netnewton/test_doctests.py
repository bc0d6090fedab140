"""The examples in the docstrings of the library's rooms."""

import doctest
import importlib
import pkgutil

import pytest

import netnewton

ROOMS = [
    "netnewton",
    *(m.name for m in pkgutil.iter_modules(netnewton.__path__, "netnewton.") if m.ispkg),
]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_shows_an_example_that_is_true(room):
    done = doctest.testmod(importlib.import_module(room))
    assert done.attempted > 0 and done.failed == 0


def test_an_example_that_is_false_is_noticed():
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3", {}, "false", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(example, out=lambda text: None).failed == 1
