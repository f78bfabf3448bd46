"""All figures of a run: a mapping that shows itself and cannot be changed."""

import pytest
from pandas import DataFrame

from tegum.plots.style import sheet
from tegum.studies.core import Exhibit
from tegum.studies.core.gallery import Gallery


@pytest.fixture
def gallery() -> Gallery:
    figure, _ = sheet(1, 1, width=1.0, height=1.0)
    captions = {"one": "first {{ 7 * 7 }}", "two-<b>": "<script>alert(1)</script>"}
    return Gallery({name: Exhibit(figure, DataFrame(), text) for name, text in captions.items()})


def test_it_is_a_mapping_in_order_that_cannot_be_changed(gallery):
    assert list(gallery) == ["one", "two-<b>"]
    assert len(gallery) == 2
    assert gallery["one"].caption == dict(gallery)["one"].caption
    assert "three" not in gallery
    assert gallery.get("three") is None
    with pytest.raises(TypeError):
        gallery["one"] = gallery["two-<b>"]


def test_an_unknown_name_is_a_missing_key_and_a_bad_input_in_one_line(gallery):
    for kind in (KeyError, ValueError):
        with pytest.raises(kind) as error:
            gallery["on"]
        assert str(error.value) == "unknown figure 'on'; did you mean one?"


def test_it_shows_every_figure_with_its_name_and_caption_escaped_once(gallery):
    page = gallery._repr_html_()
    assert page.count("data:image/png;base64,") == 2
    assert "<h4>one</h4>" in page
    assert "<h4>two-&lt;b&gt;</h4>" in page
    assert "first {{ 7 * 7 }}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.index("one") < page.index("two")
