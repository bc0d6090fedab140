"""Random streams: a generator for each repetition, or for each group of repetitions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from netnewton.arrays import Array, Indices, counts


class Streams:
    """Random generators, drawn from by all R repetitions, ``len(streams)``, at once.

    What a group of repetitions draws depends on its own generator alone, so that it is the same in
    any company. By default each repetition is a group.

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        One for each group.
    group_sizes : sequence of int, optional
        How many successive repetitions each group has; one by default. A generator for each of
        thousands of repetitions would take longer to call than to draw.

    Raises
    ------
    ValueError
        If one is not a generator, two draw from the same source of bits, or there is not one size
        of at least 1 for each.
    """

    def __init__(
        self,
        generators: Sequence[np.random.Generator],
        group_sizes: Sequence[int] | None = None,
    ) -> None:
        _require_apart(generators)
        sizes = [1] * len(generators) if group_sizes is None else counts("group_sizes", group_sizes)
        if len(sizes) != len(generators):
            raise ValueError(
                f"{len(sizes)} group sizes for {len(generators)} generators: give one for each"
            )
        ends = list(itertools.accumulate(sizes, initial=0))
        self.generators = generators
        self._groups = [slice(*ends) for ends in itertools.pairwise(ends)]
        self._repetitions = ends[-1]

    def __len__(self) -> int:
        """R."""
        return self._repetitions

    def uniform(self, *shape: int) -> Array:
        """Uniform numbers in [0, 1), shape (shape[0], R, shape[1], ...)."""
        return self._draw(np.random.Generator.random, shape)

    def normal(self, *shape: int) -> Array:
        """Standard normal numbers, shape (shape[0], R, shape[1], ...)."""
        return self._draw(np.random.Generator.standard_normal, shape)

    def multinomial(self, trials: Indices, probability: Array) -> Indices:
        """How often each of A outcomes came in independent trials.

        What one repetition draws also depends on the others of its group: numpy draws binomial
        numbers by rejection, so that how much it takes of a generator depends on what is asked for.

        Parameters
        ----------
        trials : Indices, shape (R,)
        probability : Array, shape (R, A)
            Of the outcomes; sums to one.

        Returns
        -------
        Indices, shape (R, A)
            The last axis sums to the trials.
        """
        drawn = np.empty(probability.shape, dtype=np.int64)
        for generator, group in zip(self.generators, self._groups, strict=True):
            drawn[group] = generator.multinomial(trials[group], probability[group])
        return drawn

    def _draw(self, draw: Callable[..., object], shape: tuple[int, ...]) -> Array:
        drawn = np.empty((len(self), *shape))
        for generator, group in zip(self.generators, self._groups, strict=True):
            draw(generator, out=drawn[group])
        return np.swapaxes(drawn, 0, 1)


def _require_apart(generators: Sequence[np.random.Generator]) -> None:
    used_by: dict[int, int] = {}
    for r, generator in enumerate(generators):
        if not isinstance(generator, np.random.Generator):
            raise ValueError(
                f"generators[{r}] = {generator!r}: give numpy.random.default_rng(seed)"
            )
        first = used_by.setdefault(id(generator.bit_generator), r)
        if first != r:
            raise ValueError(
                f"repetitions {first} and {r} share a generator, so that what one draws would "
                "depend on the other: give each its own, as by Generator.spawn"
            )
