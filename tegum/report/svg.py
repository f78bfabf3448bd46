"""Figures for a page: the same SVG in half the bytes, as the address of an image.

What matplotlib writes for editors (ids, metadata, a style on every mark) is left out or said once,
and coordinates are kept to a tenth of a point.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_STYLE = "style"
_MOVED = re.compile(r"translate\(([-\d.e]+)(?: ([-\d.e]+))?\)")
_LINE = re.compile(r"M-?[\d.]+ -?[\d.]+(L-?[\d.]+ -?[\d.]+){8,}")
_HREF = f"{{{XLINK}}}href"
_GEOMETRY = ("d", "x", "y", "width", "height", "points")
_IN_ADDRESS = {"%": "%25", "#": "%23", '"': "'", "&": "%26", "\n": " "}


class Picture(NamedTuple):
    """An image for a page: its address, fit for a quoted attribute, and its width in points."""

    address: Markup
    width: float


def picture(text: str) -> Picture:
    """The figure of an SVG file.

    Raises:
        ValueError: it is no SVG.
    """
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ValueError(f"no SVG: {error}") from error
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError(f"no SVG: {root.tag}")
    _lighten(root)
    ET.register_namespace("", SVG)
    slim = ET.tostring(root, encoding="unicode")
    slim = re.sub(r">\s+<", "><", slim).replace(" />", "/>")
    address = "".join(_IN_ADDRESS.get(letter, letter) for letter in slim)
    width = re.match(r"[\d.]+", root.get("width", ""))
    # Without quotes and ampersands it needs no escaping, which would add a third.
    safe = Markup("data:image/svg+xml," + address)
    return Picture(safe, float(width[0]) if width else 0.0)


def _lighten(root: ET.Element) -> None:
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    _shorten_ids(root)
    for element in root.iter():
        _round(element)
        _say_once(element)
    _flatten(root)


def _flatten(element: ET.Element) -> None:
    """A group that says nothing of its members is none."""
    for child in list(element):
        _flatten(child)
        if child.tag == f"{{{SVG}}}g" and not child.attrib:
            place = list(element).index(child)
            element[place : place + 1] = list(child)


def _shorten_ids(root: ET.Element) -> None:
    """Short names for what is referred to, none for the rest."""
    used = {name for element in root.iter() for name in _references(element)}
    fresh = (f"i{k}" for k in count())
    short = {name: next(fresh) for name in sorted(used)}
    for element in root.iter():
        name = element.attrib.pop("id", None)
        if name in short:
            element.set("id", short[name])
        for key, value in element.attrib.items():
            if key == _HREF and value[1:] in short:
                element.set(key, f"#{short[value[1:]]}")
            elif "url(#" in value:
                element.set(
                    key, re.sub(r"url\(#([^)]*)\)", lambda m: f"url(#{short[m[1]]})", value)
                )


def _references(element: ET.Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        if key == _HREF and value.startswith("#"):
            yield value[1:]
        yield from re.findall(r"url\(#([^)]*)\)", value)


def _round(element: ET.Element) -> None:
    """Coordinates to a tenth of a point, a third of a pixel where a figure fills a screen."""
    for name in _GEOMETRY:
        if name in element.attrib:
            value = " ".join(_NUMBER.sub(lambda m: _tenth(m[0]), element.attrib[name]).split())
            value = re.sub(r" ?([A-Za-z]) ?", r"\1", value)
            element.set(name, _LINE.sub(_in_steps, value) if name == "d" else value)
    if _HREF in element.attrib:
        element.set("href", element.attrib.pop(_HREF))  # as SVG 2 has it
    moved = _MOVED.fullmatch(element.get("transform", ""))
    if element.tag == f"{{{SVG}}}use" and moved and "x" not in element.attrib:
        del element.attrib["transform"]  # a letter's place is as good without it
        for name, part in zip("xy", moved.groups("0"), strict=True):
            if (place := _tenth(part)) != "0":
                element.set(name, place)


def _tenth(number: str) -> str:
    return f"{round(float(number), 1) + 0:g}"  # + 0: no -0


def _in_steps(line: re.Match[str]) -> str:
    """A line of many corners, each said as the step from the last: fewer digits, and none lost."""
    corners = np.array(re.split("[ML ]", line[0])[1:], float).reshape(-1, 2)
    tenths = np.rint(10 * corners).astype(int)
    steps = [" ".join(f"{part / 10:g}" for part in step) for step in np.diff(tenths, axis=0)]
    return f"M{corners[0, 0]:g} {corners[0, 1]:g}l" + " ".join(steps)


def _say_once(group: ET.Element) -> None:
    """A style that all children of a group share is the group's."""
    styles = {child.get(_STYLE) for child in group}
    plain = group.tag == f"{{{SVG}}}g" and group.get(_STYLE) is None
    if plain and len(group) > 1 and len(styles) == 1 and None not in styles:
        group.set(_STYLE, str(styles.pop()))
        for child in group:
            del child.attrib[_STYLE]
