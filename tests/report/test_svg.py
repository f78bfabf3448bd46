"""Lighter figures: the same picture, fewer bytes, and an address that a quoted attribute can hold."""

import io
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from tegum.plots.style import drawing
from tegum.report.svg import picture

SHAPES = {"path", "use", "rect", "image"}


def drawn(dots: int = 200) -> str:
    with drawing(width=3.0, height=2.0) as (figure, axes):
        axes[0, 0].plot(np.arange(dots), np.arange(dots) % 7 / np.pi, "o", label="dots <&>")
        axes[0, 0].legend()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg")
    return buffer.getvalue().decode()


def tree_of(address: str) -> ElementTree.Element:
    return ElementTree.fromstring(unquote(address.split(",", 1)[1]))


def shapes(root: ElementTree.Element) -> list[str]:
    return [e.tag.split("}")[-1] for e in root.iter() if e.tag.split("}")[-1] in SHAPES]


def test_the_picture_keeps_every_shape_and_loses_half_its_bytes():
    text = drawn()
    shown = picture(text)
    assert shapes(tree_of(shown.address)) == shapes(ElementTree.fromstring(text))
    assert len(shown.address) < 0.5 * len(text)
    assert shown.width == pytest.approx(3.0 * 72)


def test_what_is_referred_to_is_there():
    root = tree_of(picture(drawn()).address)
    ids = {element.get("id") for element in root.iter()}
    written = ElementTree.tostring(root, encoding="unicode")
    referred = set(re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', written))
    assert referred
    assert {a or b for a, b in referred} <= ids


def test_marks_stand_where_they_stood_to_a_tenth_of_a_point():
    def places(root):
        uses = [e for e in root.iter() if e.tag.endswith("use") and e.get("x") and e.get("y")]
        return [(float(e.get("x")), float(e.get("y"))) for e in uses]

    text = drawn()
    before, after = places(ElementTree.fromstring(text)), places(tree_of(picture(text).address))
    np.testing.assert_allclose(before, after, atol=0.051)


def test_an_address_needs_no_escaping():
    address = picture(drawn()).address
    assert not set('"&#\n') & set(address)


@pytest.mark.parametrize("text", ["", "no", "<html/>", "<svg>"])
def test_what_is_no_svg_is_refused(text: str):
    with pytest.raises(ValueError, match="no SVG"):
        picture(text)


def test_a_curve_is_said_in_steps_and_ends_where_it_ended():
    rng = np.random.default_rng(0)
    corners = np.round(200 * rng.random((40, 2)), 4)
    said = "M " + " L ".join(f"{x} {y}" for x, y in corners)
    text = f'<svg xmlns="http://www.w3.org/2000/svg" width="9pt"><path d="{said}"/></svg>'
    [path] = [e for e in tree_of(picture(text).address).iter() if e.tag.endswith("path")]
    start, steps = path.get("d").removeprefix("M").split("l")
    every = np.array([start.split(), *np.reshape(steps.split(), (-1, 2)).tolist()], float)
    np.testing.assert_allclose(every.cumsum(axis=0), corners, atol=0.0501)
