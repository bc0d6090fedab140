"""Returns of runs, by hand."""

import numpy as np
from made_up_results import stored

from replication.experiments.returns import average, returns, tenth


def test_a_lost_repetition_counts_as_the_lowest_return_of_its_game():
    J = [[0.5, np.nan, np.nan], [0.5, 0.6, 0.7]]
    assert returns(stored(J, diverged_at=[1, -1])).tolist() == [
        [0.5, 0.0, 0.0],
        [0.5, 0.6, 0.7],
    ]
    assert returns(stored(J, "prisoners_dilemma", [1, -1]))[0].tolist() == [0.5, -2, -2]


def test_averages_and_tenths():
    J = np.arange(21.0)[np.newaxis]  # 20 iterations; entry 0 precedes the first
    assert average(J).tolist() == [10.5]
    assert tenth(J).tolist() == [19.5]
    assert tenth(J, before_last=1).tolist() == [17.5]
