"""Models to and from files and other programs.

    save_model, load_model   any model of tegum, single or stacked, as one safetensors file
    bottleneck               a model from arrays: W and b in the layout of any program
    from_state_dict          the same from a PyTorch state dict
    to_saelens, from_saelens a sparse autoencoder as a folder of SAELens

What is read is checked, whoever wrote it, and nothing is pickled.
"""

from tegum.exchange.arrays import bottleneck, from_state_dict
from tegum.exchange.files import load_model, provenance_of, save_model
from tegum.exchange.saelens import firing_in_saelens, from_saelens, to_saelens

__all__ = [
    "bottleneck",
    "firing_in_saelens",
    "from_saelens",
    "from_state_dict",
    "load_model",
    "provenance_of",
    "save_model",
    "to_saelens",
]
