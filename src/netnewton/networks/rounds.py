"""Several rounds of mixing in an iteration: a faster network, for as many times the messages."""

from __future__ import annotations

from netnewton.arrays import Array, count
from netnewton.networks.mixing import Mix


def repeated(mix: Mix, rounds: int) -> Mix:
    """The primitive *mix*, so many times in a row: A^rounds of a fixed matrix A.

    The network's disagreement shrinks by lambda^rounds where one round leaves lambda of it, and
    every neighbour is sent `rounds` times as many scalars. Each round has a number of its own,
    rounds (k - 1) + 1, ..., rounds k in iteration k, so that a network that changes does so
    between them.

    Parameters
    ----------
    mix : Mix
        As `mixing` makes it.
    rounds : int
        At least 1; with 1 it is `mix`.

    Raises
    ------
    ValueError
        If there is less than one round.
    """
    count("rounds", rounds)

    def mix_repeatedly(values: Array, iteration: int) -> Array:
        for number in range(rounds * (iteration - 1) + 1, rounds * iteration + 1):
            values = mix(values, number)
        return values

    return mix_repeatedly
