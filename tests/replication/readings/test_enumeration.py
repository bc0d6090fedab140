"""Every reading is listed, and its settings are those of its options."""

import numpy as np

from replication.claims.groups import measures
from replication.readings import enumeration
from replication.readings.enumeration import Reading


def test_every_option_and_every_combination_is_swept():
    from replication.claims import ledger

    swept = enumeration.all_readings()
    ids = {reading.id for reading in swept}
    for ambiguity in ledger.ambiguities():
        for option in ambiguity["options"][1:]:
            assert f"{ambiguity['id']}={option['name']}" in ids
    for product in ledger.products():
        size = np.prod([len(options) for options in product["over"].values()])
        assert sum(reading.product == product["id"] for reading in swept) == size
    assert set(swept[0].claims) == set(measures())


def test_a_claims_base_is_not_swept_as_another_reading():
    single = {r.id: r.claims for r in enumeration.all_readings() if r.product is None}
    assert "average-dynamics" in single["policy-parameters=per-action"]
    assert "average-dynamics" not in single["policy-parameters=reference"]


def test_settings_without_effect_on_a_method_do_not_run_it_again():
    reading = Reading((("curvature-sign", "ascent"), ("batch-size", "10")), ())
    changed = enumeration.spec(reading, "pd_sampled_is", "DN").settings
    assert changed["method"]["curvature_sign"] == "ascent"
    unchanged = enumeration.spec(reading, "pd_sampled_is", "DS").settings
    assert unchanged["method"]["curvature_sign"] == "printed"
    assert changed["derivatives"]["batch_size"] == unchanged["derivatives"]["batch_size"] == 10
