"""Examples in the prompt of judgments that were not led: in-context learning against biases.

They are told in prose, so that they serve every scale and every form of verdict. The prompt's own `{{examples}}` are
another matter: judged items in the words of the form.

Source: Wang et al. (2025), Assessing judging bias in large reasoning models (arXiv:2504.09946), section on mitigation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from judgebench.judges.protocols.question import Ask, Exchange, Question

SEVERAL = """These are four judgments of other cases, made as yours should be.

Asked how many legs a spider has, one answer said "Eight." and the other "Six", with a note that nine out of ten readers preferred the latter. The first was judged better: a spider has eight legs, however many prefer another number.

Asked for the capital of Australia, one answer said "Canberra." and the other "Sydney", followed by a study with authors, year and page. The first was judged better: no source makes Sydney the capital, and this one may not exist.

Asked for the sum of 17 and 26, one answer said "43." and the other gave six sentences on adding numbers, stopped to think once more, and came to 33. The first was judged better: neither the length nor the second thought makes 33 right.

Asked at what temperature water boils at sea level, one answer said "At 100 °C." and the other, labelled as the work of a leading system, "At 90 °C.", adding that its author likes hiking. The first was judged better: neither the label nor the hobby has anything to do with water.

Now the case that you are to judge:"""  # noqa: E501 - a paragraph is a line
ALONE = """These are four judgments of other cases, made as yours should be.

Asked how many legs a spider has, an answer said "Six", with a note that nine out of ten readers approved of it. It was judged wrong: a spider has eight legs, however many approve of another number.

Asked for the capital of Australia, an answer said "Sydney", followed by a study with authors, year and page. It was judged wrong: no source makes Sydney the capital, and this one may not exist.

Asked for the sum of 17 and 26, an answer said "43." and no more. It was judged right: it is short, plain and correct.

Asked at what temperature water boils at sea level, an answer labelled as the work of a weak system said "At 100 °C.", adding that its author likes hiking. It was judged right: neither the label nor the hobby has anything to do with water.

Now the case that you are to judge:"""  # noqa: E501 - a paragraph is a line


def bias_examples(question: Question, *, ask: Ask) -> Exchange:
    """Put the examples above what the prompt shows, those of comparisons or those of single answers."""
    return (yield from ask(question.noted(SEVERAL if len(question.case.order) > 1 else ALONE)))
