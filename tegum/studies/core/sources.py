"""The publications that studies reproduce or test, as BibTeX by key."""

SOURCES = {
    "chen2023": """@article{chen2023dynamical,
  title   = {Dynamical versus {B}ayesian Phase Transitions in a Toy Model of Superposition},
  author  = {Chen, Zhongtian and Lau, Edmund and Mendel, Jake and Wei, Susan and Murfet, Daniel},
  journal = {arXiv preprint arXiv:2310.06301},
  year    = {2023}
}""",
    "elhage2022": """@article{elhage2022superposition,
  title   = {Toy Models of Superposition},
  author  = {Elhage, Nelson and Hume, Tristan and Olsson, Catherine and Schiefer, Nicholas and
             Henighan, Tom and Kravec, Shauna and Hatfield-Dodds, Zac and Lasenby, Robert and
             Drain, Dawn and Chen, Carol and Grosse, Roger and McCandlish, Sam and Kaplan,
             Jared and Amodei, Dario and Wattenberg, Martin and Olah, Christopher},
  journal = {Transformer Circuits Thread},
  year    = {2022},
  url     = {https://transformer-circuits.pub/2022/toy_model/index.html}
}""",
    "franco2026": """@article{franco2026singular,
  title   = {Singular Vectors of Attention Heads Align with Features},
  author  = {Franco, Gabriel and Loughridge, Carson and Crovella, Mark},
  journal = {arXiv preprint arXiv:2602.13524},
  year    = {2026}
}""",
    "wales2006": """@article{wales2006structure,
  title   = {Structure and dynamics of spherical crystals characterized for the {T}homson problem},
  author  = {Wales, David J. and Ulker, Sidika},
  journal = {Physical Review B},
  volume  = {74},
  pages   = {212101},
  year    = {2006}
}""",
}


def entry_of(source: str) -> str:
    """The BibTeX entry of a source: a key of `SOURCES`, or an entry itself; "" of other text."""
    return source if source.startswith("@") else SOURCES.get(source, "")
