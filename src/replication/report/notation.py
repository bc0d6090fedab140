"""Formulas in running text, as MathML: ``H_i``, ``θ_i(k)``, ``[·]ₘ⁻¹``, ``2ε/m``, ``‖ξ_H‖ = 0.05``.

Ledgers, captions and sentences write mathematics as plain text. What is surely a formula is
typeset: it has a Greek letter, ∇, an index or an exponent, a letter over a number, or a relation
with a letter. Everything else stays as it is.

    formula := [sign] product (operator product)*
    product := factor factor*
    factor  := (number | letter | ∇ | √ group | group) (index | exponent)*
    group   := ( formula, … ) | [ formula ] | ‖ formula ‖ | | formula |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

START = re.compile(r"(?<![\w\-/.'’])[^\W_]|(?<!\w)[\[(‖|−+√∇]")
CODE = re.compile(r"(`[^`]+`)")
SIGN = re.compile("[−+]")
OPERATOR = re.compile(r"\s*([=≠≤≥<>~]|[+−/·×])\s*")
RELATIONS = "=≠≤≥<>~"
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
NAME = re.compile(r"(?:log|exp|tanh|max|min)(?![A-Za-z])")
LETTER = re.compile(r"([α-ωΑ-Ωℓ]|[A-Za-z](?![A-Za-z]))([\u0302-\u0304]?)")
INDEX = re.compile(r"_\{([^{}]+)\}|_([α-ω]?[A-Za-z0-9]|[α-ω])(?![A-Za-z0-9_])|([₀-₉ᵢⱼₖₘ]+)")
EXPONENT = re.compile(r"\^\{([^{}]+)\}|\^(\w)|([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ]+)|(\*)(?!\w)")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₘ", "0123456789ijkm")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ", "0123456789+−T")
ACCENTS = {"\u0302": "^", "\u0303": "~", "\u0304": "¯"}
FENCES = {"(": ")", "[": "]", "‖": "‖", "|": "|"}


@dataclass(frozen=True)
class Part:
    """A piece of a formula, and where it ends in the text."""

    markup: str
    end: int
    letter: bool
    """Whether it has a letter."""
    certain: bool
    """Whether it cannot be prose."""


def typeset(text: str) -> Markup:
    """A text as HTML: formulas as MathML, what stands in backticks as code."""
    return Markup("").join(
        Markup("<code>{}</code>").format(piece[1:-1]) if piece.startswith("`") else _prose(piece)
        for piece in CODE.split(text)
    )


def _prose(text: str) -> Markup:
    typeset, at = Markup(""), 0
    for formula, start in _formulas(text):
        typeset += escape(text[at:start]) + Markup(f"<math>{formula.markup}</math>")
        at = formula.end
    return typeset + escape(text[at:])


def _formulas(text: str) -> Iterator[tuple[Part, int]]:
    end = 0
    for start in (found.start() for found in START.finditer(text)):
        formula = _formula(text, start) if start >= end else None
        if formula and formula.certain and not re.match(r"\w", text[formula.end :]):
            yield formula, start
            end = formula.end


def _formula(text: str, at: int) -> Part | None:
    sign = SIGN.match(text, at)
    part = _product(text, sign.end() if sign else at)
    if part and sign:
        part = replace(part, markup=f"{_operator(sign[0])}{part.markup}")
    while part and (operator := OPERATOR.match(text, part.end)):
        right = _formula_after(text, operator)
        if right is None:
            break
        part = _related(part, operator, right)
    return part


def _formula_after(text: str, operator: re.Match[str]) -> Part | None:
    """The product to the right of an operator, which may have a sign after a relation."""
    sign = SIGN.match(text, operator.end()) if operator[1] in RELATIONS else None
    part = _product(text, sign.end() if sign else operator.end())
    return replace(part, markup=f"{_operator(sign[0])}{part.markup}") if part and sign else part


def _related(left: Part, operator: re.Match[str], right: Part) -> Part:
    related = operator[1] in RELATIONS and left.letter
    over = operator[0] == "/" and left.letter and not right.letter
    return Part(
        f"{left.markup}{_operator(operator[1])}{right.markup}",
        right.end,
        left.letter or right.letter,
        left.certain or right.certain or related or over,
    )


def _product(text: str, at: int) -> Part | None:
    part = _factor(text, at)
    while part and (right := _factor(text, part.end) or _apart(text, part)):
        applied = part.letter and text[part.end] == "("
        part = Part(
            part.markup + right.markup,
            right.end,
            part.letter or right.letter,
            part.certain or right.certain or applied,
        )
    return part


def _apart(text: str, left: Part) -> Part | None:
    """A factor beyond a space, if neither it nor what is before can be a word."""
    if not left.certain or not re.match(r" [^(]", text[left.end :]):
        return None
    part = _factor(text, left.end + 1)
    return part if part and part.certain else None


def _factor(text: str, at: int) -> Part | None:
    base = _number(text, at) or _name(text, at) or _letter(text, at) or _group(text, at)
    return _scripts(text, base) if base else None


def _number(text: str, at: int) -> Part | None:
    found = NUMBER.match(text, at)
    return Part(f"<mn>{found[0]}</mn>", found.end(), False, False) if found else None


def _name(text: str, at: int) -> Part | None:
    found = NAME.match(text, at)
    return Part(f"<mi>{found[0]}</mi>", found.end(), True, False) if found else None


def _letter(text: str, at: int) -> Part | None:
    if text.startswith("∇", at):
        return Part("<mo>∇</mo>", at + 1, True, True)
    if not (found := LETTER.match(text, at)):
        return None
    name, accent = found.groups()
    markup = f"<mi>{name}</mi>"
    if accent:
        markup = f'<mover accent="true">{markup}<mo>{ACCENTS[accent]}</mo></mover>'
    return Part(markup, found.end(), True, bool(accent) or not name.isascii())


def _group(text: str, at: int) -> Part | None:
    if text.startswith("√(", at):
        inner = _group(text, at + 1)
        return inner and replace(inner, markup=f"<msqrt>{inner.markup}</msqrt>", certain=True)
    if (close := FENCES.get(text[at : at + 1])) is None:
        return None
    inner = _place(text, at + 1) if text[at] == "[" else None
    inner = inner or _list(text, at + 1)
    if inner is None or not text.startswith(close, inner.end):
        return None
    markup = f"<mrow>{_fence(text[at])}{inner.markup}{_fence(close)}</mrow>"
    return replace(inner, markup=markup, end=inner.end + 1)


def _place(text: str, at: int) -> Part | None:
    """The place of an operator's argument."""
    return Part(_operator("·"), at + 1, True, True) if re.match(r"[·.]\]", text[at:]) else None


def _list(text: str, at: int) -> Part | None:
    """One formula or several, with commas between them."""
    part = _formula(text, at)
    while part and text.startswith(",", part.end):
        right = _formula(text, part.end + 1 + text.startswith(" ", part.end + 1))
        if right is None:
            return None
        part = Part(
            f"{part.markup}<mo>,</mo>{right.markup}",
            right.end,
            part.letter or right.letter,
            part.certain or right.certain,
        )
    return part


def _scripts(text: str, base: Part) -> Part:
    """A factor with its index and its exponent, in either order."""
    below = above = None
    end = base.end
    while found := (not below and INDEX.match(text, end)) or (
        not above and EXPONENT.match(text, end)
    ):
        said = _script(found[found.lastindex or 0])
        below, above = (said, above) if found.re is INDEX else (below, said)
        end = found.end()
    if not below and not above:
        return base
    kind = "msubsup" if below and above else "msub" if below else "msup"
    markup = f"<{kind}>{base.markup}{below or ''}{above or ''}</{kind}>"
    return Part(markup, end, base.letter, base.certain or base.letter)


def _script(text: str) -> str:
    if text == "*":
        return _operator("∗")
    plain = text.translate(LOWERED).translate(RAISED)
    inner = _formula(plain, 0)
    whole = inner and inner.end == len(plain)
    return f"<mrow>{inner.markup}</mrow>" if inner and whole else f"<mtext>{escape(plain)}</mtext>"


def _operator(sign: str) -> str:
    return f"<mo>{escape(sign)}</mo>"


def _fence(sign: str) -> str:
    """A bracket no taller than a letter, so that lines stay apart."""
    return f'<mo stretchy="false">{sign}</mo>'
