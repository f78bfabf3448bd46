"""The shapes that features of equal standing take, and the theory of these shapes."""
