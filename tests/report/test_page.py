"""The report: one file that holds everything, says everything, and asks the network for nothing."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from tegum.errors import BadInputError, StoreError
from tegum.report.page import write_report
from tegum.runner import account_of, run
from tegum.studies.core import Answer
from tests.coin import STUDY


@pytest.fixture
def page(tmp_path: Path) -> str:
    runs = [run(STUDY, "quick", store=tmp_path), run(STUDY, "quick", store=tmp_path, seed=1)]
    return write_report(
        [account_of(done.folder) for done in runs],
        tmp_path / "deep" / "report.html",
        title="Coins & <co>",
    ).read_text(encoding="utf-8")


def test_it_says_question_config_claims_provenance_and_source(page: str):
    assert "<h1>Coins &amp; &lt;co&gt;</h1>" in page
    text = str(Markup(page).striptags())
    assert STUDY.question in text
    assert "tosses = 100" in page
    for claim in STUDY.claims:
        assert claim.words in text
    assert "of heads &amp; &lt;chances&gt;." in page
    assert "numpy" in page
    assert "control, density reversed" in page
    assert "Toy Models of Superposition" in page


def test_it_is_self_contained(page: str):
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert links
    assert all(
        link.startswith(("data:image/svg+xml,", "data:application/gzip", "#")) for link in links
    )
    assert "<script" not in page
    uri = next(link for link in links if link.startswith("data:"))
    svg = ElementTree.fromstring(unquote(uri.split(",", 1)[1]))
    assert svg.tag.endswith("svg")
    assert len(list(svg.iter())) > 20


def test_answers_stand_first_and_their_numbers_lead_to_claims(tmp_path: Path):
    done = run(STUDY, "quick", store=tmp_path)
    answer = Answer("Q1", "Do coins <fall>?", "Within [coin/means].", "Indeed: [coin/all-heads].")
    text = write_report(
        [account_of(done.folder)], tmp_path / "r.html", answers=[answer]
    ).read_text()
    assert text.index("Do coins &lt;fall&gt;?") < text.index('id="verdicts"')
    number = done.claims["means"].number
    assert f'Within <a href="#{done.folder.name}-means">{number}</a>.' in text
    targets = set(re.findall(r' id="([^"]*)"', text))
    assert set(re.findall(r'href="#([^"]*)"', text)) <= targets
    nobody = Answer("Q2", "And dice?", "Within [dice/means].", "")
    assert (
        "And dice?"
        not in write_report(
            [account_of(done.folder)], tmp_path / "s.html", answers=[nobody]
        ).read_text()
    )


def test_every_claim_has_a_mark_that_leads_to_it(page: str):
    for claim in STUDY.claims:
        assert re.search(rf'<a class="mark [a-z ]+" href="#coin-\w+-{claim.id}"', page)


def test_two_runs_of_one_study_have_anchors_of_their_own(page: str):
    anchors = re.findall(r' id="([^"]*)"', page)
    assert len(set(anchors)) == len(anchors)


def test_without_runs_or_a_place_to_write_it_says_so(tmp_path: Path):
    with pytest.raises(BadInputError, match="runs: got .*, expected at least one finished run"):
        write_report([], tmp_path / "report.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        write_report(
            [account_of(run(STUDY, "quick", store=tmp_path).folder)],
            tmp_path / "file" / "report.html",
        )


def test_a_study_may_have_no_figure(tmp_path: Path):
    bare = replace(STUDY, name="bare", figures=())
    assert (
        "<figure"
        not in write_report(
            [account_of(run(bare, "quick", store=tmp_path).folder)], tmp_path / "r.html"
        ).read_text()
    )


def test_a_figure_says_first_what_it_shows_with_numbers_that_lead_to_claims(tmp_path: Path):
    done = run(STUDY, "quick", store=tmp_path)
    text = write_report([account_of(done.folder)], tmp_path / "r.html").read_text()
    number = done.claims["means"].number
    figure = text[text.index("<figure") :]
    said = figure.index(f'-means">{number}</a> standard errors')
    assert figure.index('class="takeaway"') < said
    assert said < figure.index('<img alt="No share is farther off') < figure.index("<figcaption")
