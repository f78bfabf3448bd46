"""All figures of a run, by name, as one thing that shows itself."""

from collections.abc import Iterator, Mapping

from tegum.errors import BadInputError, unknown_name
from tegum.html import html
from tegum.studies.core.study import Exhibit


class UnknownFigureError(BadInputError, KeyError):
    """A run has no figure of this name; a KeyError too, as of any mapping."""

    __str__ = Exception.__str__  # that of KeyError puts quotes around the line


class Gallery(Mapping[str, Exhibit]):
    """Figures by name, in order; cannot be changed. In a notebook, every figure with its caption.

    Raises UnknownFigureError, with the nearest names, on one that it has not.
    """

    def __init__(self, exhibits: Mapping[str, Exhibit]) -> None:
        self._exhibits = dict(exhibits)

    def __getitem__(self, name: str) -> Exhibit:
        if name not in self._exhibits:
            raise UnknownFigureError(str(unknown_name("figure", name, self._exhibits)))
        return self._exhibits[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._exhibits)

    def __len__(self) -> int:
        return len(self._exhibits)

    def __repr__(self) -> str:
        return f"Gallery({', '.join(self)})"

    def _repr_html_(self) -> str:
        return html(_GALLERY, shown={name: each._repr_html_() for name, each in self.items()})


_GALLERY = """\
{% for name, figure in shown.items() %}
<h4>{{ name }}</h4>
{{ figure }}
{% endfor %}"""
