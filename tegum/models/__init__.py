"""Models, one file a family, each written for one model and one input."""

from tegum.models.bottleneck import Bottleneck
from tegum.models.head import Head, HeadedBottleneck

__all__ = ["Bottleneck", "Head", "HeadedBottleneck"]
