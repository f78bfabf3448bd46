"""The publications that studies reproduce or test, as BibTeX by key."""

SOURCES = {
    "bricken2023": """@article{bricken2023monosemanticity,
  title   = {Towards Monosemanticity: Decomposing Language Models With Dictionary Learning},
  author  = {Bricken, Trenton and Templeton, Adly and Batson, Joshua and others},
  journal = {Transformer Circuits Thread},
  year    = {2023},
  url     = {https://transformer-circuits.pub/2023/monosemantic-features/index.html}
}""",
    "chanin2024": """@article{chanin2024absorption,
  title   = {A is for Absorption: Studying Feature Splitting and Absorption in Sparse Autoencoders},
  author  = {Chanin, David and Wilken-Smith, James and Dulka, Tom{\\'a}{\\v{s}} and
             Bhatnagar, Hardik and Bloom, Joseph},
  journal = {arXiv preprint arXiv:2409.14507},
  year    = {2024}
}""",
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
    "saxe2014": """@inproceedings{saxe2014exact,
  title     = {Exact solutions to the nonlinear dynamics of learning in deep linear neural
               networks},
  author    = {Saxe, Andrew M. and McClelland, James L. and Ganguli, Surya},
  booktitle = {International Conference on Learning Representations},
  year      = {2014}
}""",
    "saxe2019": """@article{saxe2019mathematical,
  title   = {A mathematical theory of semantic development in deep neural networks},
  author  = {Saxe, Andrew M. and McClelland, James L. and Ganguli, Surya},
  journal = {Proceedings of the National Academy of Sciences},
  volume  = {116},
  number  = {23},
  pages   = {11537--11546},
  year    = {2019}
}""",
    "sharkey2022": """@misc{sharkey2022taking,
  title        = {Taking Features Out of Superposition with Sparse Autoencoders},
  author       = {Sharkey, Lee and Braun, Dan and Millidge, Beren},
  howpublished = {AI Alignment Forum},
  year         = {2022}
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
