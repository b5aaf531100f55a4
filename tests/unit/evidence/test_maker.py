"""Names of makers as figures show them: short, and never cut so that a word hangs."""

import pytest

from lpo_analysis.evidence import load, maker


@pytest.mark.parametrize(
    ("publisher", "most", "short"),
    [
        ("Don Liu, GC of Xerox, in Galbenski 'Unbound' (via Law Department Management Blog)", 34, "Don Liu, GC of Xerox"),
        ("International Legal Technology Association", 20, "ILTA"),
        ("American Bar Association", 20, "ABA"),
        ("American Bar Association", 34, "American Bar Association"),
        ("Ministry of the Interior of a very long country", 20, "Ministry"),
        ("Thomson Reuters Legal Executive Institute / Georgetown Law", 34, "Thomson Reuters"),
    ],
)  # fmt: skip
def test_a_name_is_shortened_at_a_word_that_can_end_it(publisher, most, short):
    assert maker(publisher, most=most) == short


def test_no_maker_on_file_ends_in_a_loose_word():
    names = {maker(name, most=most) for name in load().sources["publisher"] for most in (20, 34)}
    assert not [name for name in names if name.split(" ")[-1] in {"in", "of", "the", "and", "for", "by"}]
    assert all(names)
