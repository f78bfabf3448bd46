"""Which features sparse autoencoders find: where W is from (sources), populations
(dictionaries), scores, one latent for two features (one_latent), readings, figures, study.
"""

from tegum.studies.dictionaries.recovery.study import STUDY

__all__ = ["STUDY"]
