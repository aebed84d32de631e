"""The page that a student gets back."""


def __getattr__(name: str) -> object:
    if name == "CleanFeedback":  # of version 1.0
        raise ImportError(
            "grading.feedback.CleanFeedback is a part of grading.feedback.page.FeedbackPage now: "
            "please leave it out of c.GenerateFeedback.preprocessors in nbgrader_config.py"
        )
    raise AttributeError(name)
