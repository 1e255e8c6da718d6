"""The page of examples is what the probes make today."""

from example_page import PAGE, written


def test_the_page_of_examples_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run: python tests/probes/example_page.py"
