"""Cells, headings and what is where, against a layout that is drawn one cell after the other."""

from __future__ import annotations

import numpy as np
import pytest

from maga_desk.ui.widgets.pictures.grid_geometry import Box, GridGeometry

LAYOUTS = [
    GridGeometry(np.array([17]), 150, (30, 36)),
    GridGeometry(np.array([5, 0, 9, 1]), 150, (30, 36), 20),
    GridGeometry(np.array([5, 8, 9, 1]), 150, (30, 36), 20, np.array([False, True, False, False])),
    GridGeometry(np.array([3, 2]), 10, (30, 36), 20),  # narrower than a cell
    GridGeometry(np.array([], dtype=np.int64), 150, (30, 36), 20),
]


def drawn(geometry: GridGeometry) -> tuple[dict[int, Box], dict[int, Box]]:
    """The boxes of rows and of headings, as someone would draw them."""
    cells: dict[int, Box] = {}
    headings: dict[int, Box] = {}
    y, row, (width, height) = geometry.margin, 0, geometry.cell
    columns = max(1, (geometry.width - 2 * geometry.margin) // width)
    for group, count in enumerate(geometry.counts.tolist()):
        if not count:
            continue
        if geometry.heading:
            headings[group] = (geometry.margin, y, max(1, geometry.width - 2 * geometry.margin), geometry.heading)
            y += geometry.heading
        if len(geometry.folded) and geometry.folded[group]:
            row += count
            continue
        for start in range(0, count, columns):
            for column in range(min(columns, count - start)):
                cells[row] = (geometry.margin + column * width, y, width, height)
                row += 1
            y += height
    return cells, headings


@pytest.mark.parametrize("geometry", LAYOUTS)
def test_every_cell_and_heading_is_where_it_is_drawn(geometry: GridGeometry) -> None:
    cells, headings = drawn(geometry)
    assert {row: geometry.box(row) for row in cells} == cells
    assert {group: geometry.heading_box(group) for group in headings} == headings
    lowest = max((top + height for _, top, _, height in [*cells.values(), *headings.values()]), default=geometry.margin)
    assert geometry.height == lowest + geometry.margin
    for y in range(-3, geometry.height + 3):
        for x in range(0, geometry.width + 3, 7):
            inside = [row for row, (a, b, w, h) in cells.items() if a <= x < a + w and b <= y < b + h]
            assert geometry.row_at(x, y) == (inside[0] if inside else None)
            over = [group for group, (a, b, w, h) in headings.items() if a <= x < a + w and b <= y < b + h]
            if geometry.width > 2 * geometry.margin:
                assert geometry.heading_at(x, y) == (over[0] if over else None)


@pytest.mark.parametrize("geometry", LAYOUTS)
def test_what_is_seen_between_two_heights_is_what_touches_them(geometry: GridGeometry) -> None:
    cells, headings = drawn(geometry)
    rng = np.random.default_rng(0)
    for _ in range(60):
        top, bottom = np.sort(rng.integers(-40, geometry.height + 40, 2)).tolist()
        if top == bottom:
            continue
        rows, lefts, tops = geometry.seen(top, bottom)
        assert rows.tolist() == [row for row, (_, y, _, h) in cells.items() if y < bottom and y + h > top]
        assert list(zip(lefts, tops, strict=True)) == [cells[row][:2] for row in rows.tolist()]
        shown = [group for group, (_, y, _, h) in headings.items() if y < bottom and y + h > top]
        assert list(geometry.headings(top, bottom)) == shown
        left, right = np.sort(rng.integers(0, geometry.width, 2)).tolist()
        touched = [
            row for row, (x, y, w, h) in cells.items() if y <= bottom and y + h > top and x <= right and x + w > left
        ]
        assert geometry.within(left, top, right, bottom).tolist() == touched


def test_keys_go_from_line_to_line_across_headings_and_stay_at_the_ends() -> None:
    geometry = GridGeometry(np.array([5, 8, 9, 1]), 150, (30, 36), 20, np.array([False, True, False, False]))
    assert geometry.columns == 4
    assert geometry.beside(1, 1) == 4, "the last line has one cell"
    assert geometry.beside(4, 1) == 13, "the folded group is passed over"
    assert geometry.beside(13, -1) == 4 and geometry.beside(15, -1) == 4
    assert geometry.beside(13, 2) == 21 and geometry.beside(13, 100) == 22
    assert geometry.beside(2, -1) == 2 and geometry.beside(22, 1) == 22
    assert geometry.box(7) == geometry.heading_box(1), "a folded row is found at its heading"
    assert geometry.step(2, 1) == 3 and geometry.step(4, 1) == 13 and geometry.step(13, -1) == 4
    assert geometry.step(-1, 1) == 0 and geometry.step(len(geometry), -1) == 22
    assert geometry.step(0, -1) is None and geometry.step(22, 1) is None
    folded = GridGeometry(np.array([5, 8]), 150, (30, 36), 20, np.array([True, True]))
    assert folded.step(-1, 1) is None and folded.step(4, 1) is None


def test_a_million_rows_and_ten_thousand_groups_cost_what_is_seen() -> None:
    rng = np.random.default_rng(0)
    counts = rng.multinomial(1_000_000, np.full(10_000, 1e-4))
    geometry = GridGeometry(counts.astype(np.int64), 1200, (268, 320), 26)
    assert len(geometry) == 1_000_000 and geometry.height < 2**31
    row = 987_654
    left, top, _, _ = geometry.box(row)
    assert geometry.row_at(left + 1, top + 1) == row
    rows, _, _ = geometry.seen(top, top + 1080)
    assert row in rows.tolist() and len(rows) < 40
    held = sum(each.nbytes for each in (geometry.counts, geometry.firsts, geometry.lines, geometry.tops))
    assert held < 400_000, "something is kept for each group, nothing for each row"
