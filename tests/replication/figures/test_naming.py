"""Names beside lines touch nothing: looked for with the renderer, not with what places them."""

import numpy as np
import pytest
from figure_results import prepared
from matplotlib.axis import Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from replication.figures import draw, style
from replication.figures.naming import name_lines
from replication.figures.style import LOOKS, Line, canvas

pytestmark = pytest.mark.usefixtures("theme")
CURVES = ("fig1", "fig2", "fig3", "gridworld_sweep")


def picture(figure):
    """The figure's pixels, upside up, in shades from 0 to 1."""
    drawing = FigureCanvasAgg(figure)
    drawing.draw()
    return np.asarray(drawing.buffer_rgba())[::-1, :, :3].min(axis=2) / 255


def touched(figure):
    """The names on a figure that have anything but white beneath or around them."""
    names = [text for axis in figure.axes for text in axis.texts if text.get_text()]
    boxes = [name.get_window_extent() for name in names]
    for name in names:
        name.set_visible(False)
    pixels = picture(figure)
    for name in names:
        name.set_visible(True)
    return [
        name.get_text()
        for name, box in zip(names, boxes, strict=True)
        if pixels[int(box.y0) : int(box.y1) + 1, int(box.x0) : int(box.x1) + 1].min() < 1
    ]


def named(figure):
    return [text for axis in figure.axes for text in axis.texts]


@pytest.mark.parametrize("name", CURVES)
def test_no_name_touches_data_or_bands(name, results):
    figure = draw.FIGURES[name].draw(prepared(name, results))
    assert named(figure) or any(axis.get_legend() for axis in figure.axes)
    assert touched(figure) == []


def lines(*values):
    x = np.linspace(0, 10, 50)
    looks = list(LOOKS.values())
    return [
        Line(f"line {i}", looks[i], x, v(x), v(x) - 0.1, v(x) + 0.1) for i, v in enumerate(values)
    ]


def drawn(shown):
    figure, axis = canvas(2.0, 1, 1)
    style.lines(axis, shown)
    axis.set(xlim=(0, 10), ylim=(-2, 2))
    name_lines(axis, shown)
    return figure, axis


def test_a_name_on_a_line_is_seen():
    figure, axis = drawn(lines(np.sin, lambda x: np.cos(x) - 1))
    assert len(named(figure)) == 2 and touched(figure) == []
    x, y = axis.transAxes.inverted().transform(axis.transData.transform((5, np.sin(5))))
    axis.texts[0].set_position((x, y))
    assert touched(figure) == ["line 0"]


def test_names_stand_apart_and_in_the_colours_of_their_lines():
    _, axis = drawn(lines(lambda x: 0 * x, lambda x: 0 * x + 0.9))
    low, high = (text.get_window_extent() for text in axis.texts)
    assert not low.overlaps(high) and low.y1 < high.y0 + 20
    assert [text.get_color() for text in axis.texts] == [
        style.ink(look.color) for look in list(LOOKS.values())[:2]
    ]


def test_where_there_is_no_room_there_is_a_legend():
    shown = lines(*(lambda x, i=i: np.sin(5 * x + i) * 1.8 for i in range(4)))
    _, axis = drawn(shown)
    assert not axis.texts
    assert [t.get_text() for t in axis.get_legend().get_texts()] == [s.label for s in shown]


def test_a_line_that_has_no_values_is_no_error():
    empty = Line("none", LOOKS["DG"], np.arange(3.0), *np.full((3, 3), np.nan))
    _, axis = drawn([*lines(np.sin), empty])
    assert axis.get_legend() is not None


@pytest.mark.parametrize("name", CURVES)
def test_words_do_not_overlap_each_other(name, results):
    figure = draw.FIGURES[name].draw(prepared(name, results))
    assert crossing(figure) == []


def crossing(figure):
    """Pairs of words that overlap, ticks and titles among them."""
    picture(figure)
    ticks = {label for tick in figure.findobj(Tick) for label in (tick.label1, tick.label2)}
    words = [t for t in figure.findobj(Text) if t not in ticks] + [*drawn_ticks(figure)]
    words = [t for t in words if t.get_visible() and t.get_text().strip()]
    boxes = [(t.get_text(), t.get_window_extent().padded(-1)) for t in words]
    return [(a, b) for i, (a, one) in enumerate(boxes) for b, two in boxes[:i] if one.overlaps(two)]


def drawn_ticks(figure):
    """The labels of ticks between the axes' ends; there may be others, which are not drawn."""
    for axis in figure.axes:
        for direction in (axis.xaxis, axis.yaxis):
            low, high = sorted(direction.get_view_interval())
            for tick in direction.get_major_ticks():
                if low <= tick.get_loc() <= high:
                    yield tick.label1


def test_words_that_overlap_are_seen():
    figure, axis = canvas(2.0, 1, 1)
    axis.set_title("a title")
    assert crossing(figure) == []
    figure.text(*figure.transFigure.inverted().transform(axis.title.get_window_extent().p0), "x")
    axis.set_title("a title", loc="center")
    axis.set_title("another, and far longer title", loc="left")
    assert crossing(figure)
