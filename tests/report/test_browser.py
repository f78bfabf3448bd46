"""The page in a real browser: links, folding, dark mode, phones, paper, no network, accessibility.

Needs the system's Chromium; without one these tests are skipped, and say so.
"""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tegum.report.page import write_report
from tegum.runner import Run, account_of, run
from tegum.studies.core import Answer
from tests.coin import STUDY

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="the system has no Chromium to open the page in"
)
ANSWER = Answer("Q1", "Do coins fall?", "Within [coin/means].", "Of all: [coin/all-heads].")
A4 = 680  # what margins of 15 mm leave of it, in pixels


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(STUDY, "quick", store=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def address(done: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("page") / "page.html"
    return write_report([account_of(done.folder)], file, answers=[ANSWER]).as_uri()


def opened(browser: Browser, address: str, width: int = 1300, scheme: str = "light") -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    return page


def test_it_asks_the_network_for_nothing_and_complains_of_nothing(browser: Browser, address: str):
    page = browser.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address, wait_until="networkidle")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []


@pytest.mark.parametrize("width", [400, 1300])
def test_it_never_scrolls_sideways(browser: Browser, address: str, width: int):
    page = opened(browser, address, width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_link_leads_somewhere_on_the_page(browser: Browser, address: str):
    page = opened(browser, address)
    lost = """[...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1))
              .filter(id => !document.getElementById(id))"""
    assert page.evaluate(lost) == []


def test_a_mark_of_the_grid_opens_its_claim_where_it_is_folded_away(browser: Browser, address: str):
    page = opened(browser, address)
    mark = page.locator("a.mark").first
    claim = page.locator(f"[id='{str(mark.get_attribute('href'))[1:]}']")
    assert not claim.is_visible()
    mark.click()
    claim.wait_for(state="visible")
    place = claim.bounding_box()
    assert place is not None
    # Below the contents, which stay in view.
    assert page.locator("nav").bounding_box()["height"] <= place["y"] < 900


def test_the_contents_stay_in_view(browser: Browser, address: str):
    page = opened(browser, address)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("window.scrollY") > 0
    assert page.locator("nav").bounding_box()["y"] == pytest.approx(0, abs=1)


def lightness(page: Page, quality: str) -> float:
    colour = page.evaluate(f"getComputedStyle(document.body).{quality}")
    return sum(map(float, colour.removeprefix("rgb(").rstrip(")").split(","))) / (3 * 255)


def test_it_is_dark_where_the_reader_wants_it_dark(browser: Browser, address: str):
    light, dark = (opened(browser, address, scheme=scheme) for scheme in ("light", "dark"))
    assert lightness(light, "backgroundColor") > 0.9 > 0.3 > lightness(light, "color")
    assert lightness(dark, "backgroundColor") < 0.2 < 0.7 < lightness(dark, "color")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1300])
def test_it_keeps_the_rules_of_accessibility(browser: Browser, address: str, width, scheme):
    page = opened(browser, address, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_on_paper_claims_are_unfolded_and_nothing_is_cut_off(browser: Browser, address: str):
    page = opened(browser, address, A4)
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("table.claims td").first.is_visible()
    cut = """[...document.querySelectorAll('td, th, img, p, dd')]
             .filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"""
    assert page.evaluate(cut) == 0


def test_on_a_phone_a_claim_is_a_card_with_its_labels(browser: Browser, address: str):
    page = opened(browser, address, 400)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    cell = page.locator("td[data-label=measured]").first
    assert page.evaluate("e => getComputedStyle(e).display", cell.element_handle()) == "block"
    before = "e => getComputedStyle(e, '::before').content"
    assert "measured" in page.evaluate(before, cell.element_handle())


def test_the_data_of_a_figure_come_out_of_the_file(browser: Browser, address: str, done: Run):
    page = opened(browser, address)
    with page.expect_download() as download:
        page.locator("figcaption a[download]").first.click()
    name = download.value.suggested_filename
    figure = name.removeprefix(f"{STUDY.name}-").removesuffix(".csv.gz")
    kept = Path(done.folder.path / "figures" / f"{figure}.csv").read_bytes()
    assert gzip.decompress(download.value.path().read_bytes()) == kept
