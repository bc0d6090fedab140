"""Faults in the random streams of repetitions, purposes and methods."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netnewton.trajectories import Streams
from replication.claims.planting import Control, Patch, of_check
from replication.controls import against_literal
from replication.experiments import build, simulate
from replication.experiments.config import Spec


def seed_shared_by_repetitions(patch: Patch) -> None:
    """All repetitions have the stream of the first."""
    patch.arguments(build, "stream", lambda seed, repetition, purpose: (seed, 0, purpose))


def one_stream_for_all(patch: Patch) -> None:
    """Repetitions draw in turn from one stream, so that their company matters."""
    real = Streams.__init__

    def init(self: Streams, generators: Sequence[np.random.Generator]) -> None:
        real(self, generators)  # which refuses one generator for two repetitions
        self.generators = [generators[0]] * len(generators)

    patch.setattr(Streams, "__init__", init)


def stream_rewound(patch: Patch) -> None:
    """Every iteration draws the random numbers of the first again."""

    def rewound(streams: Streams, *rest: Any) -> tuple:
        return Streams(copy.deepcopy(streams.generators)), *rest

    patch.arguments(Streams, "_draw", rewound)


def evaluation_on_the_training_stream(patch: Patch) -> None:
    """A policy is evaluated with the random numbers that it learns from."""
    patch.setattr(build, "EVALUATION_STREAM", build.TRAINING_STREAM)


def methods_on_their_own_streams(patch: Patch) -> None:
    """The seed depends on the method, so that pairs of DN and DG have nothing in common."""

    def reseeded(spec: Spec, repetitions: Sequence[int]) -> tuple:
        seed = spec.settings["seed"] + sum(spec.method.encode())
        return replace(spec, settings={**spec.settings, "seed": seed}), repetitions

    patch.arguments(simulate, "build", reseeded)


CONTROLS: Sequence[Control] = (
    *of_check(against_literal.repetitions_differ, seed_shared_by_repetitions),
    *of_check(against_literal.alone_as_among_others, one_stream_for_all),
    *of_check(against_literal.fresh_batches, stream_rewound),
    *of_check(against_literal.evaluation_apart, evaluation_on_the_training_stream),
    *of_check(against_literal.common_random_numbers, methods_on_their_own_streams),
)
