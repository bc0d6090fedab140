"""Formulas in running text: what is typeset, what stays as it is, and that it is text."""

import re
from xml.etree import ElementTree

import pytest

from replication.report.notation import typeset


def formulas(text):
    """The formulas of a text by their characters, each well formed."""
    found = re.findall(r"<math>.*?</math>", typeset(text))
    return ["".join(ElementTree.fromstring(formula).itertext()) for formula in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the term H_iθ_i of g_i, and J_i.", ["Hiθi", "gi", "Ji"]),
        ("[·]_m's floor, [.]_m and [·]ₘ", ["[·]m", "[·]m", "[·]m"]),
        ("steps of 2ε/m = 20, H_i = (m/2)I.", ["2ε/m=20", "Hi=(m/2)I"]),
        ("ε[H̃_i(k−1)]ₘ⁻¹ g̃_i(k−1)", ["ε[H~i(k−1)]m−1g~i(k−1)"]),
        ("q = (2ε/m)·|∇J(θ(0))|/σ, the", ["q=(2ε/m)·|∇J(θ(0))|/σ"]),
        ("H = −∇²J (n = 30)", ["H=−∇2J", "(n=30)"]),
        ("the constant 2b₃/(b₂b₄²)", ["2b3/(b2b42)"]),
        ("‖[H + ξ_H]⁻¹ξ_g‖ at θ*", ["‖[H+ξH]−1ξg‖", "θ∗"]),
        ("e_{k+1}/e_k with a ~ U(0, 1)", ["ek+1/ek", "a~U(0,1)"]),
    ],
)
def test_a_formula_is_typeset(text, found):
    assert formulas(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "pd_exact, DN_floor and sweep_DN of src/replication",
        "a (a) I of DN/DG and/or Student-t, 98 % [0.04, 0.6] or 10⁻⁴",
        "1 − 2, and `H_i = I` as code",
        "an unfinished [H_ or (see",
    ],
)
def test_prose_is_not(text):
    assert formulas(text) == []


def test_index_and_exponent_are_what_they_look_like():
    assert "<msub><mi>H</mi><mrow><mi>i</mi></mrow></msub>" in typeset("H_i")
    assert "<msup><mi>d</mi><mrow><mn>2</mn></mrow></msup>" in typeset("d²")
    assert "<msubsup>" in typeset("[H̃]ₘ⁻¹") and "<mover" in typeset("ε̄")


def test_text_stays_text_and_backticks_are_code():
    assert typeset("<b> & `H_i <` 1") == "&lt;b&gt; &amp; <code>H_i &lt;</code> 1"
    assert "&lt;" in typeset("q < 1") and "<1" not in typeset("q < 1")
