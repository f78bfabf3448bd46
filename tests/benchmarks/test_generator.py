"""The streams that a battery is given, how its answer is read, and how many p-values are judged at once."""

import sys
from itertools import islice
from pathlib import Path

import jax
import numpy as np
import pytest
from scipy.stats import kstest, kstwo, norm

from benchmarks import generator
from benchmarks.generator import (
    AGAIN,
    BATCH,
    STREAMS,
    TOGETHER,
    Battery,
    Done,
    PValue,
    answer,
    chance_of_distance,
    complete,
    judge,
    kept,
    mended,
    parse_crush,
    parse_dieharder,
    report,
    wrong,
)
from benchmarks.tables import filled
from tegum.noise import words

BEGIN, END = "<!-- measured: one -->", "<!-- end -->"


def words_of(seed: int, step: int) -> np.ndarray:
    """What a model with this seed draws at this step."""
    return np.asarray(words(jax.random.fold_in(jax.random.key(seed), step), BATCH)).ravel()


def chunk(stream: str, place: int, number: int) -> np.ndarray:
    return next(islice(STREAMS[stream].chunks(place), number, None))


def test_steps_are_what_one_model_draws_step_after_step():
    together = chunk("steps", 5, 1).reshape(TOGETHER, -1)
    for k in (0, 3, TOGETHER - 1):
        assert np.array_equal(together[k], words_of(5, TOGETHER + k))


def test_models_take_turns_at_one_step_word_by_word():
    in_turn = chunk("models", 9, 1).ravel()
    for k in (0, 3, TOGETHER - 1):
        assert np.array_equal(in_turn[k::TOGETHER], words_of(TOGETHER + k, 9))


def test_low_bits_are_the_same_words_in_reverse():
    straight, back = chunk("steps", 2, 0).ravel()[:50], chunk("low-bits", 2, 0).ravel()[:50]
    assert [f"{w:032b}"[::-1] for w in straight] == [f"{w:032b}" for w in back]


def test_one_key_goes_on_where_it_stopped_and_then_the_next_begins(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(generator, "LONG", 1000)
    monkeypatch.setattr(generator, "CYCLE", 3000)
    jax.clear_caches()
    chunks = [np.asarray(generator._of_one_key(np.uint32(4), np.uint32(k))) for k in range(4)]
    jax.clear_caches()
    key = jax.random.fold_in(jax.random.key(4), 0)
    assert np.array_equal(np.concatenate(chunks[:3]), words(key, (3000,)))
    assert np.array_equal(chunks[3], words(jax.random.fold_in(jax.random.key(4), 1), (1000,)))


def test_a_program_is_fed_until_it_has_read_enough():
    counts = "import sys; print(sum(sys.stdin.buffer.read(4 * 100_000)))"
    endless = (np.ones(1000, np.uint32) for _ in iter(int, 1))
    text, read = answer([sys.executable, "-c", counts], endless)
    assert int(text) == 100_000
    assert read >= 4 * 100_000


def test_a_program_that_breaks_is_no_verdict():
    with pytest.raises(RuntimeError, match="ended with 3"):
        answer([sys.executable, "-c", "raise SystemExit(3)"], iter([np.ones(4, np.uint32)]))


TABLE = """
        test_name   |ntup| tsamples |psamples|  p-value |Assessment
#=============================================================================#
   diehard_birthdays|   0|       100|     100|0.44758590|  PASSED
         rgb_bitdist|   6|    100000|     100|0.00000000|  FAILED
        dab_monobit2|  12|  65000000|       1|0.99998510|   WEAK
"""


def test_p_values_are_read_from_dieharders_table():
    assert parse_dieharder(TABLE) == [
        PValue("diehard_birthdays", mended(0.4475859, 100)),
        PValue("rgb_bitdist, 6", 0.0),
        PValue("dab_monobit2, 12", 0.9999851),
    ]


@pytest.mark.parametrize("n", [1, 2, 100])
def test_the_chance_of_a_distance_is_how_often_uniform_numbers_are_that_far(n: int):
    u = np.sort(np.random.default_rng(0).random((100_000, n)), axis=1)
    distance = np.abs(u - np.arange(1, n + 1) / (n + 1)).max(axis=1)
    for d in np.quantile(distance, [0.01, 0.5, 0.99]):
        chance = chance_of_distance(float(d), n)
        spread = np.sqrt(chance * (1 - chance) / len(u))
        assert abs(np.mean(distance > d) - chance) < 5 * spread


def test_one_numbers_distance_is_that_from_the_middle():
    assert chance_of_distance(0.2, 1) == pytest.approx(0.6)


def test_mended_p_values_of_uniform_numbers_are_uniform_and_those_of_dieharder_are_not():
    n, places = 20, np.arange(1, 21) / 21
    u = np.sort(np.random.default_rng(1).random((1000, n)), axis=1)
    theirs = kstwo.sf(np.abs(u - places).max(axis=1), n)
    assert kstest(theirs, "uniform").pvalue < 1e-6
    assert kstest([mended(float(p), n) for p in theirs], "uniform").pvalue > 1e-3


def test_p_values_are_read_from_crush_and_what_has_none_is_left_out():
    assert parse_crush("noise\nP\tGap, r = 0\t0.25\nP\tnone\t-1\nP\tRun\t1e-300\n") == [
        PValue("Gap, r = 0", 0.25),
        PValue("Run", 1e-300),
    ]


def even(count: int) -> list[PValue]:
    """As evenly spread as p-values can be."""
    return [PValue(f"{k}", (k + 0.5) / count) for k in range(count)]


def test_p_values_of_a_perfect_generator_pass():
    found = even(150)
    verdict = judge(found, [PValue("", 0.5)] * 150)
    assert verdict.passes
    assert verdict.chance_of_worst == pytest.approx(1 - (1 - 1 / 150) ** 150)


@pytest.mark.parametrize("p", [0.0, 1e-7, 1 - 1e-7])
def test_one_p_value_that_chance_never_gives_fails_at_either_end(p: float):
    verdict = judge([*even(150), PValue("planted", p)], [None] * 151)
    assert not verdict.passes
    assert verdict.failed == 1
    assert verdict.worst.test == "planted"


def test_a_weak_p_value_is_forgiven_once_and_not_twice():
    found = [*even(50), PValue("planted", 1e-3)]
    assert judge(found, [*[None] * 50, PValue("planted", 0.3)]).passes
    assert not judge(found, [*[None] * 50, PValue("planted", 1e-4)]).passes


def test_many_weak_p_values_fail_though_none_does_alone():
    found = [*even(100), *[PValue("planted", 0.004)] * 8]
    verdict = judge(found, [PValue("", 0.5)] * 108)
    assert verdict.failed == 0
    assert not verdict.passes


# A battery of one test, the mean of its first words, with which all that surrounds it is tried.
MEAN = """
import sys, numpy as np
x = np.frombuffer(sys.stdin.buffer.read(4 * 2**16), np.uint32) / 2**32
print(abs(x.mean() - 0.5) * np.sqrt(12 * x.size))
"""


def mean_test() -> Battery:
    return Battery(
        version=lambda: "mean 1",
        program=lambda: [sys.executable, "-c", MEAN],
        tests={"a": [], "b": []},
        quick=("a",),
        parse=lambda text: [PValue("mean", float(2 * norm.sf(float(text))))],
    )


def test_a_run_that_is_broken_off_goes_on_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(generator, "BATTERIES", {"mean": mean_test()})
    record = tmp_path / "runs" / "record.jsonl"
    complete("mean", "steps", record, jobs=2)
    done = kept(record)
    assert {d.command for d in done} == {"a", "b"}
    record.write_text(record.read_text().splitlines()[0] + "\n")
    complete("mean", "steps", record, jobs=2)
    assert sorted(kept(record), key=str) == sorted(done, key=str)
    assert "| mean 1 | `steps` |" in report(kept(record))


def test_what_is_weak_is_repeated_on_other_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(generator, "BATTERIES", {"mean": mean_test()})
    monkeypatch.setattr(generator, "WEAK", 1.1)
    complete("mean", "models", tmp_path / "record.jsonl", jobs=1)
    assert [d.place for d in kept(tmp_path / "record.jsonl")] == [0, 1, AGAIN, AGAIN + 1]


def test_a_stream_that_fails_is_wrong_and_so_is_a_control_that_passes():
    def done(stream: str, p: float) -> Done:
        return Done("mean", "mean 1", stream, "a", 0, 1, "", (PValue("mean", p),))

    assert wrong([done("steps", 0.5), done("raw-seeds", 0.0)]) == []
    assert wrong([done("steps", 0.0), done("raw-seeds", 0.5)]) == [
        "mean: raw-seeds passes",
        "mean: steps fails",
    ]


def test_only_the_measured_part_of_the_page_is_replaced():
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert filled(page, "one", "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert filled(filled(page, "one", "newer"), "one", "new") == filled(page, "one", "new")


def test_the_page_of_the_certificate_has_its_measured_part():
    begin = BEGIN.replace("one", "generator")
    text = generator.PAGE.read_text(encoding="utf-8")
    assert text.count(begin) == text.count(END) == 1
    assert "passes" in text[text.index(begin) : text.index(END)]
