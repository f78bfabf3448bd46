"""The one way to HTML: a template that escapes whatever is put into it.

What is shown comes from studies and from stores, and either may be someone else's.
"""

from functools import lru_cache

import jinja2
from markupsafe import Markup

_TEMPLATES = jinja2.Environment(
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(template: str, **values: object) -> Markup:
    """A jinja template with its values filled in.

    Args:
        template: the source; put quotes around every attribute.
        **values: what it names. Escaped, unless they are HTML that this function has made.
    """
    return Markup(_compiled(template).render(values))


@lru_cache(maxsize=32)
def _compiled(template: str) -> jinja2.Template:
    return _TEMPLATES.from_string(template)
