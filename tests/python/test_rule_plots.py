"""Pictures of rules: what is drawn, by hand, and what is no number or too long."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import patronomy as pt
import pytest
from matplotlib.colors import LogNorm, to_rgba
from patronomy import rule_plots

GREY = to_rgba("#999999")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def drawn(ax: Any) -> Any:
    """The Axes after all that is found out only when pixels are made."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.canvas.draw()
    return ax


def texts(labels: list[Any]) -> list[str]:
    return [label.get_text() for label in labels]


def bar_of(ax: Any) -> Any:
    (bar,) = (other for other in ax.figure.axes if other is not ax)
    return bar


# --- scatter ---------------------------------------------------------------------------------------


def test_scatter_draws_strong_rules_last() -> None:
    ax = drawn(rule_plots.scatter([0.1, 0.2, 0.3], [0.5, 0.6, 0.7], [3.0, 1.5, 2.0]))
    (points,) = ax.collections
    assert points.get_offsets().tolist() == [[0.2, 0.6], [0.3, 0.7], [0.1, 0.5]]
    assert points.get_array().tolist() == [1.5, 2.0, 3.0]
    assert points.get_rasterized()
    assert ax.get_title("left") == "3 rules"
    assert ax.get_ylabel() == "confidence"
    assert bar_of(ax).get_ylabel() == "lift"
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")


def test_of_equal_lifts_the_first_rule_is_on_top() -> None:
    # So many that a sort which is not stable would show.
    support = [i / 100 for i in range(1, 51)]
    lifts = [float(i % 2) for i in range(50)]
    ax = rule_plots.scatter(support, [0.5] * 50, lifts)
    expected = [*support[::2][::-1], *support[1::2][::-1]]
    assert ax.collections[0].get_offsets()[:, 0].tolist() == expected


def test_scatter_is_logarithmic_beyond_tenfold() -> None:
    ax = rule_plots.scatter([0.001, 0.02], [0.5, 0.6], [1.0, 10.0])
    assert ax.get_xscale() == "log"
    assert not isinstance(ax.collections[0].norm, LogNorm)
    ax = drawn(rule_plots.scatter([0.001, 0.01], [0.5, 0.6], [1.0, 11.0]))
    assert ax.get_xscale() == "linear"
    assert isinstance(ax.collections[0].norm, LogNorm)
    ticks = [tick for tick in bar_of(ax).get_yticks() if 1.0 <= tick <= 11.0]
    assert ticks == pytest.approx([1.0, 2.0, 5.0, 10.0])
    assert {"1", "2", "5", "10"} <= set(texts(bar_of(ax).get_yticklabels()))


def test_ticks_of_many_powers_of_ten() -> None:
    ax = drawn(rule_plots.scatter([1e-7, 0.5], [0.5, 0.6], [1.0, 1e9]))
    low, high = ax.get_xlim()
    assert sum(low <= tick <= high for tick in ax.get_xticks()) >= 2


def test_scatter_of_lifts_that_are_no_numbers() -> None:
    ax = drawn(
        rule_plots.scatter([0.1, 0.2, 0.3, 0.4], [0.5] * 4, [inf, nan, 2.0, 1.0])
    )
    (points,) = ax.collections
    # NaN at the bottom and grey; infinite on top and as dark as the highest.
    assert points.get_offsets()[:, 0].tolist() == [0.2, 0.4, 0.3, 0.1]
    colours = points.get_facecolors()
    assert tuple(colours[0]) == GREY
    assert colours[3].tolist() == colours[2].tolist()
    assert colours[1].tolist() != colours[2].tolist()
    assert np.ma.max(points.get_array()) == 2.0


@pytest.mark.parametrize("lift", [inf, nan, -inf])
def test_scatter_where_no_lift_is_a_number(lift: float) -> None:
    ax = drawn(rule_plots.scatter([0.1, 0.2], [0.5, 0.6], [lift, lift]))
    assert len(ax.collections[0].get_offsets()) == 2
    assert ax.figure.axes == [ax], "a bar of colours that says nothing"


def test_scatter_leaves_out_and_counts_what_has_no_place() -> None:
    ax = rule_plots.scatter([0.1, nan, 0.2], [0.5, 0.5, inf], [1.0, 2.0, 3.0])
    assert len(ax.collections[0].get_offsets()) == 1
    assert ax.get_title("left") == "1 rule, 2 without support or confidence left out"


# --- grouped matrix --------------------------------------------------------------------------------


def test_grouped_matrix_by_hand() -> None:
    ax = drawn(
        rule_plots.grouped_matrix(
            ["weak", "strong", "middle", "strong"],
            ["x", "y", "x", "x"],
            [0.4, 0.1, 0.2, 0.3],
            [1.0, 9.0, 3.0, 5.0],
        )
    )
    assert texts(ax.get_xticklabels()) == ["strong", "middle", "weak"]
    assert texts(ax.get_yticklabels()) == ["y", "x"]
    balloons = ax.collections[0]
    places = [tuple(place) for place in balloons.get_offsets().astype(int).tolist()]
    assert places == [(2, 1), (0, 0), (1, 1), (0, 1)]
    assert balloons.get_array().tolist() == [1.0, 9.0, 3.0, 5.0]
    # The area is the support: four times as much, four times the area.
    areas = balloons.get_sizes()
    assert areas[0] / areas == pytest.approx([1.0, 4.0, 2.0, 4 / 3])
    # The first row is on top.
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "support"
    assert texts(legend.get_texts()) == ["10%", "40%"]


def test_grouped_matrix_puts_the_rest_together() -> None:
    ax = rule_plots.grouped_matrix(
        ["a", "b", "c", "d", "c"],
        ["w", "x", "y", "z", "x"],
        [0.1, 0.1, 0.2, 0.3, 0.4],
        [9.0, 8.0, 7.0, 6.0, 9.0],
        most=2,
    )
    # Of `a` and `c`, which have the same lift, the first given stands first.
    assert texts(ax.get_xticklabels()) == ["a", "c", "(2 more)"]
    assert texts(ax.get_yticklabels()) == ["w", "x", "(2 more)"]
    balloons = ax.collections[0]
    found = dict(
        zip(
            map(tuple, balloons.get_offsets().astype(int).tolist()),
            balloons.get_array().tolist(),
            strict=True,
        )
    )
    assert found == {
        (0, 0): 9.0,
        (2, 1): 8.0,
        (1, 2): 7.0,
        (2, 2): 6.0,
        (1, 1): 9.0,
    }


def test_consequents_of_shown_antecedents_come_first() -> None:
    ax = rule_plots.grouped_matrix(
        ["a", "b", "c", "c"],
        ["w", "x", "w", "y"],
        [0.1] * 4,
        [9.0, 7.0, 8.0, 1.0],
        most=2,
    )
    assert texts(ax.get_xticklabels()) == ["a", "c", "(1 more)"]
    assert texts(ax.get_yticklabels()) == ["w", "y", "(1 more)"]


def test_a_balloon_of_many_rules_has_their_highest_values() -> None:
    ax = rule_plots.grouped_matrix(
        ["a", "b", "c", "d"],
        ["x"] * 4,
        [0.2, 0.1, 0.4, nan],
        [9.0, nan, 3.0, 5.0],
        most=1,
    )
    balloons = ax.collections[0]
    assert balloons.get_offsets().tolist() == [[0, 0], [1, 0]]
    assert balloons.get_array().tolist() == [9.0, 5.0]
    small, large = balloons.get_sizes()
    assert large / small == pytest.approx(2.0)


def test_grouped_matrix_of_what_is_no_number() -> None:
    ax = drawn(
        rule_plots.grouped_matrix(
            ["a", "b", "c"], ["x"] * 3, [0.1, nan, 0.1], [nan, inf, 2.0]
        )
    )
    assert texts(ax.get_xticklabels()) == ["b", "c", "a"]
    balloons = ax.collections[0]
    colours = balloons.get_facecolors()
    assert tuple(colours[0]) == GREY
    assert colours[1].tolist() == colours[2].tolist()
    areas = balloons.get_sizes()
    assert 0 < areas[1] < areas[2] == areas[0]
    ax = drawn(rule_plots.grouped_matrix(["a"], ["b"], [nan], [nan]))
    assert ax.get_legend() is None


def test_balloons_fit_into_small_axes() -> None:
    _, ax = plt.subplots(figsize=(2.0, 2.0))
    names = [str(i) for i in range(20)]
    rule_plots.grouped_matrix(names, names, [0.1] * 20, [2.0] * 20, ax)
    side = ax.bbox.width * 72 / ax.figure.dpi / 20
    assert ax.collections[0].get_sizes().max() <= side**2 + 1e-9


# --- graph -----------------------------------------------------------------------------------------

LEFT = [["ink", "pen"], ["ink"], ["cup"]]
RIGHT = [["pad"], ["pen"], ["tea"]]


def test_graph_by_hand() -> None:
    ax = drawn(rule_plots.graph(LEFT, RIGHT, [0.8, 0.4, 0.2], [2.0, 4.0, 3.0]))
    assert texts(ax.texts) == ["ink", "pen", "pad", "cup", "tea"]
    (dots,) = ax.collections
    assert len(dots.get_offsets()) == 3
    areas = dots.get_sizes()
    assert areas / areas[2] == pytest.approx([4.0, 2.0, 1.0])
    # Two items and one, one and one, one and one.
    assert len(ax.patches) == 7
    widths = [arrow.get_linewidth() for arrow in ax.patches]
    assert widths[0] == widths[1] == widths[2] < widths[5] == widths[6]
    assert widths[5] < widths[3] == widths[4]
    for arrow, dot in zip(ax.patches, [0, 0, 0, 1, 1, 2, 2], strict=True):
        assert arrow.get_edgecolor() == tuple(dots.get_facecolors()[dot])
    assert ax.get_title("left") == "3 rules (dots; area: confidence)"
    assert bar_of(ax).get_ylabel() == "lift"


def test_arrows_lead_from_antecedents_to_consequents() -> None:
    ax = rule_plots.graph([["ink"]], [["pen"]], [0.5], [2.0])
    ink, pen = (text.get_position() for text in ax.texts)
    dot = tuple(ax.collections[0].get_offsets()[0])
    assert [arrow._posA_posB for arrow in ax.patches] == [[ink, dot], [dot, pen]]
    # They end where the frames of the labels begin, so that no head is hidden.
    for arrow in ax.patches:
        assert arrow.shrinkA > 2 and arrow.shrinkB > 2
        start, end = arrow._posA_posB
        assert arrow.shrinkA + arrow.shrinkB < np.hypot(*np.subtract(end, start))


def test_the_graph_is_the_same_at_each_run() -> None:
    first, again = (
        rule_plots.graph(LEFT, RIGHT, [0.5] * 3, [2.0] * 3) for _ in range(2)
    )
    for a, b in zip(first.texts, again.texts, strict=True):
        assert a.get_position() == b.get_position()


NAMES = [f"a rather long name, number {i}" for i in range(40)]
GRAPHS = {
    "chain": ([[name] for name in NAMES[:20]], [[name] for name in NAMES[1:21]]),
    "star": ([[name] for name in NAMES[:39]], [["the one they lead to"]] * 39),
    "long antecedents": ([NAMES[:15], NAMES[5:25]], [["this"], ["that"]]),
    "pairs": ([[name] for name in NAMES[:15]], [[name] for name in NAMES[15:30]]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_in_a_graph_covers_a_label(name: str) -> None:
    left, right = GRAPHS[name]
    n = len(left)
    ax = drawn(rule_plots.graph(left, right, [0.5] * n, [2.0] * n))
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == len({item for side in left + right for item in side})
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    dots = ax.transData.transform(ax.collections[0].get_offsets())
    assert not any(box.contains(x, y) for box in boxes for x, y in dots)
    frame = ax.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)


def test_graph_draws_the_first_rules_only() -> None:
    left, right = [[f"a{i}"] for i in range(50)], [["b"]] * 50
    ax = rule_plots.graph(left, right, [0.5] * 50, [2.0] * 50)
    assert len(ax.collections[0].get_offsets()) == 40
    assert ax.get_title("left").startswith("first 40 of 50 rules")
    ax = rule_plots.graph(left, right, [0.5] * 50, [2.0] * 50, most=2)
    assert texts(ax.texts) == ["a0", "b", "a1"]


def test_graph_of_what_is_no_number() -> None:
    ax = drawn(rule_plots.graph(LEFT, RIGHT, [nan, 0.4, inf], [inf, nan, 2.0]))
    (dots,) = ax.collections
    colours, areas = dots.get_facecolors(), dots.get_sizes()
    assert tuple(colours[1]) == GREY
    assert colours[0].tolist() == colours[2].tolist()
    assert 0 < areas[0] == areas[2] < areas[1]
    assert np.isfinite(dots.get_offsets()).all()


def test_graph_in_axes_with_too_little_room() -> None:
    _, ax = plt.subplots(figsize=(1.0, 1.0))
    items = [[f"a name of an article, number {i}"] for i in range(21)]
    rule_plots.graph(items[:-1], items[1:], [0.5] * 20, [2.0] * 20, ax)
    assert len(drawn(ax).texts) == 21


# --- heat map --------------------------------------------------------------------------------------


def test_heat_map_by_hand() -> None:
    ax = drawn(
        rule_plots.heat_map(["ink", "pen", "cup"], [[9, 5, 0], [5, 8, 1], [0, 1, 7]])
    )
    assert texts(ax.get_xticklabels()) == ["ink", "pen", "cup"]
    assert texts(ax.get_yticklabels()) == ["ink", "pen", "cup"]
    assert texts(ax.texts) == ["", "5", "0", "5", "", "1", "0", "1", ""]
    (image,) = ax.images
    shown = image.get_array()
    assert np.ma.getmaskarray(shown).tolist() == np.eye(3, dtype=bool).tolist()
    assert (image.norm.vmin, image.norm.vmax) == (0, 5)
    labels = texts(bar_of(ax).get_yticklabels())
    assert len(labels) == len(set(labels))


def test_heat_map_has_numbers_up_to_fifteen_items() -> None:
    for n, expected in [(15, 15 * 14), (16, 0)]:
        names, counts = [str(i) for i in range(n)], [[3] * n] * n
        ax = rule_plots.heat_map(names, counts)
        assert sum(bool(text) for text in texts(ax.texts)) == expected


def test_heat_map_of_what_is_no_number() -> None:
    counts: Any = [[9, nan, 4], [nan, 8, inf], [4, inf, 7]]
    ax = drawn(rule_plots.heat_map(["a", "b", "c"], counts))
    assert texts(ax.texts) == ["", "", "4", "", "", "", "4", "", ""]
    assert ax.images[0].norm.vmax == 4


def test_heat_map_of_one_item_and_of_items_never_bought_together() -> None:
    ax = drawn(rule_plots.heat_map(["a"], [[3]]))
    assert texts(ax.texts) == [""]
    ax = drawn(rule_plots.heat_map(["a", "b"], [[3, 0], [0, 2]]))
    assert texts(ax.texts) == ["", "0", "0", ""]


# --- all of them -----------------------------------------------------------------------------------


def test_nothing_to_draw() -> None:
    for ax, said in [
        (rule_plots.scatter([], [], []), "no rules"),
        (rule_plots.scatter([nan], [0.5], [1.0]), "no rules"),
        (rule_plots.grouped_matrix([], [], [], []), "no rules"),
        (rule_plots.graph([], [], [], []), "no rules"),
        (rule_plots.heat_map([], []), "no items"),
    ]:
        assert texts(drawn(ax).texts) == [said]
        assert ax.figure.axes == [ax]


def test_one_rule() -> None:
    one = drawn(rule_plots.scatter([0.1], [0.5], [2.0]))
    assert one.get_title("left") == "1 rule"
    assert one.collections[0].get_offsets().tolist() == [[0.1, 0.5]]
    one = drawn(rule_plots.grouped_matrix(["a"], ["b"], [0.1], [2.0]))
    assert one.collections[0].get_offsets().tolist() == [[0, 0]]
    one = drawn(rule_plots.graph([["a"]], [["b"]], [0.5], [2.0]))
    assert (len(one.texts), len(one.patches)) == (2, 2)


def test_they_draw_on_the_axes_they_are_given() -> None:
    _, given = plt.subplots(2, 2)
    a, b, c, d = given.ravel()
    assert rule_plots.scatter([0.1], [0.5], [2.0], a) is a
    assert rule_plots.grouped_matrix(["a"], ["b"], [0.1], [2.0], b) is b
    assert rule_plots.graph([["a"]], [["b"]], [0.5], [2.0], c) is c
    assert rule_plots.heat_map(["a", "b"], [[1, 1], [1, 1]], d) is d


def test_long_names_are_cut_and_no_name_is_a_formula() -> None:
    long, odd = "A" * 30 + " " + "B" * 30, "2 for  $5,\n3 for \\frac$"
    shown = ["A" * 30 + " " + "B" * 8 + "…", "2 for $5, 3 for \\frac$"]
    ax = drawn(
        rule_plots.grouped_matrix([long, odd], [odd, long], [0.1] * 2, [2.0] * 2)
    )
    assert texts(ax.get_xticklabels()) == shown
    assert texts(ax.get_yticklabels()) == shown[::-1]
    ax = drawn(rule_plots.heat_map([long, odd], [[1, 1], [1, 1]]))
    assert texts(ax.get_xticklabels()) == shown
    ax = drawn(rule_plots.graph([[long]], [[odd]], [0.5], [2.0]))
    first, second = texts(ax.texts)
    assert first.replace("\n", "") == shown[0]
    assert second.replace("\n", " ") == shown[1]
    assert max(map(len, first.splitlines())) <= 22


def test_names_that_are_cut_to_the_same_stay_apart() -> None:
    names = ["A" * 60 + last for last in "xyz"]
    ax = rule_plots.graph(
        [[names[0]], [names[1]]], [[names[2]]] * 2, [0.5] * 2, [2] * 2
    )
    assert len(ax.texts) == 3
    ax = rule_plots.grouped_matrix(names, names, [0.1] * 3, [2.0] * 3)
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 3


@pytest.mark.parametrize(
    ("draw", "columns"),
    [
        (rule_plots.scatter, ([0.1], [0.5], [])),
        (rule_plots.grouped_matrix, (["a"], ["b"], [0.1], [])),
        (rule_plots.graph, ([["a"]], [], [0.5], [2.0])),
    ],
)
def test_columns_of_different_lengths_are_refused(draw: Any, columns: Any) -> None:
    with pytest.raises(ValueError, match="zip"):
        draw(*columns)


def test_rules_of_a_shop() -> None:
    rules = pt.simulate.shop(n_customers=300, n_days=365, seed=1).rules(
        min_support=0.001, min_confidence=0.01
    )
    assert len(rules) > 20, "nothing to draw"
    known = {name: rules.measure(name) for name in ("support", "confidence", "lift")}
    ax = drawn(rule_plots.scatter(known["support"], known["confidence"], known["lift"]))
    points = ax.collections[0]
    assert len(points.get_offsets()) == len(rules)
    assert points.get_array().max() == pytest.approx(max(known["lift"]))
