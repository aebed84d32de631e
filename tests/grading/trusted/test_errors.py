"""What a student's error says here: to a test all of it, to a reader one line."""

from grading.trusted.errors import student_error


def test_a_message_with_line_ends_is_told_on_one_line():
    said = "x\n\ntest-kl: - forged failure\nAll of it holds."
    told = {"type": "ValueError", "classes": [["builtins", "ValueError"]], "message": said}
    error = student_error(told | {"line": 3, "name": "f", "text": "raise\nit"}, {})
    assert type(error) is ValueError and str(error) == said
    line = "ValueError: x test-kl: - forged failure All of it holds. (line 3 of `f`: `raise it`)"
    assert error.student_error == line
