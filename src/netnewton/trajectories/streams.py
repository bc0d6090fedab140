"""Random streams, one for each repetition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from netnewton.arrays import Array


class Streams:
    """One random generator for each repetition, drawn from by all of them at once.

    What a repetition draws depends on its own generator alone, so that it is the same in any
    company.

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        One for each of the R repetitions, ``len(streams)``.

    Raises
    ------
    ValueError
        If one is not a generator, or two draw from the same source of bits.
    """

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        _require_apart(generators)
        self.generators = generators

    def __len__(self) -> int:
        """R."""
        return len(self.generators)

    def uniform(self, *shape: int) -> Array:
        """Uniform numbers in [0, 1), shape (shape[0], R, shape[1], ...)."""
        return self._draw(np.random.Generator.random, shape)

    def normal(self, *shape: int) -> Array:
        """Standard normal numbers, shape (shape[0], R, shape[1], ...)."""
        return self._draw(np.random.Generator.standard_normal, shape)

    def _draw(self, draw: Callable[..., object], shape: tuple[int, ...]) -> Array:
        drawn = np.empty((len(self.generators), *shape))
        for generator, out in zip(self.generators, drawn, strict=True):
            draw(generator, out=out)
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
