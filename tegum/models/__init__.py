"""Models, one file a family, each written for one model and one input."""

from tegum.models.bottleneck import Bottleneck
from tegum.models.experts import Experts
from tegum.models.head import Head, HeadedBottleneck
from tegum.models.lifting import over_samples
from tegum.models.network import Network
from tegum.models.sae import SparseAutoencoder

__all__ = [
    "Bottleneck",
    "Experts",
    "Head",
    "HeadedBottleneck",
    "Network",
    "SparseAutoencoder",
    "over_samples",
]
