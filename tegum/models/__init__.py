"""Models, one file a family, each written for one model and one input."""

from tegum.models.bottleneck import Bottleneck
from tegum.models.head import Head, HeadedBottleneck
from tegum.models.network import Network
from tegum.models.sae import SparseAutoencoder

__all__ = ["Bottleneck", "Head", "HeadedBottleneck", "Network", "SparseAutoencoder"]
