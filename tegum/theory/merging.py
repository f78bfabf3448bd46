"""When two features that are attended alike had better be parallel: the price and what it buys.

Four features in two dimensions, asked for the pairs (0, 2) and (1, 2) with one weight; features are
sparse, all of density p, and losses are to their leading order in p.

    two digons    0 opposite 1, 2 opposite 3. Reconstruction costs O(p²). The head explains nothing:
                  the dual directions of 0 and 1 cancel.
    merged        0 and 1 parallel with ‖W_i‖² = ½, 2 alone, 3 evicted. Reconstruction: 0 and 1 lose
                  E x²/2 each, 3 loses E x², together (2/3) p. The head hears x_0 + x_1 and x_2;
                  of E s² = 2 p² ("count") it explains (9/8) p², of (2/9) p² ("product") all.
"""

GAIN = {"count": 9 / 8, "product": 2 / 9}


def merging_cost(density: float) -> float:
    """What reconstruction loses, summed over features, by merging."""
    return 2 / 3 * density


def merging_gain(density: float, target: str) -> float:
    """How much less the head's loss L2 then is."""
    return GAIN[target] * density**2


def merging_pays(target: str) -> float:
    """λ p from which merging lowers L1 + λ L2: 16/27 for "count", 3 for "product"."""
    return merging_cost(1.0) / merging_gain(1.0, target)
