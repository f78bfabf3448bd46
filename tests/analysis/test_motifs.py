"""The asymmetric motif is found where it was planted, and not where something of it is missing."""

import numpy as np

from tegum.analysis.motifs import asymmetric_motifs, shuffled_columns, shuffled_signs

IN = np.array([[2.0, -0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
OUT = np.array([[0.5, 2.0, 0.0], [0.0, -4.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""neuron 0 is the published one, neuron 1 inhibits feature 1"""


def test_the_published_motif_is_found_with_its_inhibitor() -> None:
    [motif] = asymmetric_motifs(IN, OUT)
    assert motif[:4] == (0, 0, 1, 1)
    assert motif.excited == 4
    assert motif.taken_back == 1


def test_scaling_neurons_and_turning_features_round_changes_nothing() -> None:
    scale = np.array([3.0, 0.2, 1.0, 7.0])[:, None]
    turned = np.array([-1.0, 1.0, -1.0])
    assert asymmetric_motifs(IN * scale * turned, OUT / scale)[0][:4] == (0, 0, 1, 1)


def test_without_an_inhibitor_or_with_one_of_the_wrong_sign_there_is_none() -> None:
    alone, wrong = OUT.copy(), IN.copy()
    alone[1, 1] = 0
    assert asymmetric_motifs(IN, alone) == []
    wrong[1, 0] = -1  # active when the motif's neuron is not
    assert asymmetric_motifs(wrong, OUT) == []


def test_a_symmetric_neuron_is_none() -> None:
    even = IN.copy(), OUT.copy()
    even[0][0], even[1][0] = [1, -1, 0], [1, 1, 0]
    assert asymmetric_motifs(*even) == []


def test_monosemantic_neurons_hold_none() -> None:
    w = np.concatenate([np.eye(4), -np.eye(4)])
    assert asymmetric_motifs(w, abs(w)) == []


def test_nulls_keep_the_sizes_and_lose_the_motif() -> None:
    for shuffled in (shuffled_signs, shuffled_columns):
        nulls = [shuffled(OUT, seed) for seed in range(200)]
        np.testing.assert_allclose(np.sort(abs(nulls[0])), np.sort(abs(OUT)))
        assert np.mean([len(asymmetric_motifs(IN, null)) for null in nulls]) < 0.5
