"""The teacher's page: its table is what the corpus says."""

import misconceptions


def test_the_table_of_misconceptions_is_up_to_date():
    text = misconceptions.PAGE.read_text()
    assert misconceptions.page(text) == text, "run python scripts/misconceptions.py"
    assert misconceptions.table().count("\n") > 10
