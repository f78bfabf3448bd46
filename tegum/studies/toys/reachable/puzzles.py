"""The puzzles, and the settings that are changed one at a time."""

from dataclasses import dataclass

import numpy as np

from tegum.theory.known import best_known_loss


@dataclass(frozen=True)
class Puzzle:
    """n features of importance decay^i and density p through m dimensions."""

    n: int
    m: int
    density: float
    decay: float

    @property
    def importance(self) -> np.ndarray:
        return self.decay ** np.arange(self.n)

    @property
    def best_known(self) -> float:
        return best_known_loss(self.m, self.density, self.importance)


PUZZLES = {
    "100→40": Puzzle(100, 40, 0.01, 1.0),
    "20→5": Puzzle(20, 5, 0.1, 0.7),
    "5→2": Puzzle(5, 2, 0.1, 1.0),
}
ARMS = ("reader", "small start", "fresh samples", "decaying rate", "longer", "notebook")
