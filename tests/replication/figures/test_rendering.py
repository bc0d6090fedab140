"""Pictures do not depend on a machine's last bits."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from replication.figures.rendering import TOLERANCE, needed, numbered, pictures, rounded, thinned

pytestmark = pytest.mark.usefixtures("theme")

NOISE = 1e-13


def figure(noise=0.0, layout="constrained"):
    """Two panels with clipped lines and markers; the noise is in where they are."""
    made = Figure(figsize=(3 * (1 + noise), 2), layout=layout)
    for axis in made.subplots(1, 2):
        axis.plot([0, 1, 2], [0.1, 5, 2], marker="o")
    return made


def raw(made, tmp_path):
    made.savefig(tmp_path / "raw.svg", metadata={"Date": None})
    return (tmp_path / "raw.svg").read_text(encoding="utf-8")


def test_noise_in_the_last_bits_is_not_seen(tmp_path):
    assert pictures(figure(), "t", "d") == pictures(figure(NOISE), "t", "d")
    assert raw(figure(), tmp_path) != raw(figure(NOISE), tmp_path), "or the noise proves nothing"


def test_a_difference_that_can_be_seen_is_seen():
    assert pictures(figure(), "t", "d") != pictures(figure(1e-2), "t", "d")
    assert pictures(figure(), "t", "d") != pictures(figure(), "t", "other")


def test_ids_are_numbered_in_order_of_appearance():
    svg = '<a href="#late" clip="url(#p1f)" id="x"/><b id="p1f"/><c id="late" grid="#p1f"/>'
    expected = '<a href="#n0" clip="url(#n1)" id="n2"/><b id="n1"/><c id="n0" grid="#p1f"/>'
    assert numbered(svg) == expected
    assert numbered(expected) == expected


def test_every_reference_still_finds_its_own(tmp_path):
    before = raw(figure(), tmp_path)
    after = numbered(before)

    def clips(svg):
        """What each clipped path is clipped to."""
        boxes = dict(re.findall(r'<clipPath id="([^"]+)">\s*(<rect[^>]+>)', svg))
        return [boxes[name] for name in re.findall(r"url\(#([^)]+)\)", svg)]

    assert clips(after) == clips(before) and len(set(clips(before))) == 2
    ids = re.findall(r'\bid="([^"]+)"', after)
    assert len(ids) == len(set(ids)) == len(set(re.findall(r'\bid="([^"]+)"', before)))
    assert set(re.findall(r'href="#([^"]+)"', after)) <= set(ids)


def test_points_on_a_straight_line_are_left_out():
    flat = 'd="M 0 1 \nL 1 1 \nL 2 1.01 \nL 3 1 \nL 3 5 \nL 0 1 \nz\n"'
    assert thinned(f"<path {flat}/>") == '<path d="M 0.00 1.00 3.00 1.00 3.00 5.00 0.00 1.00 z"/>'
    two = '<path d="M 0 0 \nL 1 1 \nM 5 5 \nL 6 6 \n"/>'
    assert thinned(two) == '<path d="M 0.00 0.00 1.00 1.00 M 5.00 5.00 6.00 6.00"/>'
    curved = '<path d="M 0 0 \nC 1 1 2 2 3 3 \n"/>'
    assert thinned(curved) == curved


def test_what_is_left_of_a_line_is_where_the_line_was():
    x = np.linspace(0, 100, 501)
    points = np.column_stack([x, 30 * np.tanh((x - 20) / 3) + np.sin(x)])
    kept = needed(points)
    assert kept[[0, -1]].all() and 10 < kept.sum() < 250
    off = np.abs(np.interp(x, *points[kept].T) - points[:, 1])
    slope = np.abs(np.gradient(points[:, 1], x))
    assert (off <= 2 * TOLERANCE * np.hypot(1, slope)).all()


def test_text_is_text_and_falls_back_on_fonts_that_are_there():
    made = figure()
    made.axes[0].set(title="J(μ) and 10⁻²", xlabel="iteration")
    svg = pictures(made, "t", "d")["svg"].decode()
    assert ">J(μ) and 10⁻²</text>" in svg and "<dc:title>" in svg
    fonts = set(re.findall(r"font(?:-family)?: [^;\"]*", svg))
    assert fonts and all(
        f.endswith("'DejaVu Sans', 'Verdana', sans-serif") for f in fonts if "px" not in f
    )
    assert 'style="fill: #ffffff"' in svg, "a background of its own"


def test_a_layout_is_found_once_and_rounded():
    made = figure()
    pictures(made, "t", "d")
    for axis in made.axes:
        bounds = np.array(axis.get_position().bounds)
        np.testing.assert_allclose(bounds, np.round(bounds, 5), rtol=0, atol=1e-12)


def test_places_that_were_given_stay():
    made = Figure(figsize=(3, 2))
    axis = made.add_axes((1 / 3, 0.1, 1 / 3, 0.7))
    pictures(made, "t", "d")
    assert axis.get_position().x0 == 1 / 3


def test_coordinates_are_rounded_and_nothing_else_is():
    scale, title = '<g transform="scale(0.015625)">', "<title>q = 0.04569</title>"
    turned = '<text transform="rotate(-90 {} 2)"/>'
    svg = f'{scale}<path d="M 1.23456 -7"/><use x="3.14159"/>{turned.format(1.23456)}</g>{title}'
    expected = f'{scale}<path d="M 1.2 -7"/><use x="3.1"/>{turned.format(1.2)}</g>{title}'
    assert rounded(svg) == rounded(expected) == expected
