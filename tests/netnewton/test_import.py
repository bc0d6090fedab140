"""``import netnewton`` is light, and reaches every module of the library."""

import pkgutil
import subprocess
import sys

import pytest

import netnewton

HEAVY = ("numpy", "scipy", "networkx", "matplotlib", "pandas")
REACHED = "; ".join(f"netnewton.{name}" for name in netnewton.__all__)
MODULES = [module.name for module in pkgutil.walk_packages(netnewton.__path__, "netnewton.")]
for extra in ("gridworld_pettingzoo", "from_pettingzoo"):
    MODULES.remove(f"netnewton.games.{extra}")


def heavy_after(program):
    """Return which heavy packages a new interpreter has imported after the program."""
    program += f"\nimport sys; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("program", "heavy"),
    [
        ("import netnewton", {"numpy"}),
        (f"import netnewton; {REACHED}", {"numpy"}),
        (f"import {', '.join(MODULES)}", {"numpy"}),
        ("import netnewton.networks, networkx", {"numpy", "networkx"}),
        ("import netnewton, scipy.sparse", {"numpy", "scipy"}),
    ],
    ids=["alone", "modules reached", "every module", "networkx noticed", "scipy noticed"],
)
def test_heavy_packages_are_imported_where_they_are_used(program, heavy):
    assert heavy_after(program) == heavy


def test_names_are_listed_and_an_unknown_one_is_refused():
    assert {"networks", "run", "__version__"} <= set(dir(netnewton))
    with pytest.raises(AttributeError, match="module 'netnewton' has no attribute 'policy'"):
        _ = netnewton.policy
