"""The rights simulator: plain questions, completions of what is not known yet, intervals, the next useful question.

Pure: nothing here knows a right, a law or a page. What a completed household is entitled to is computed elsewhere and
comes back as arrays, one value per completion.
"""

from maillage.engines.simulator.answers import Answers, Reading, ValueRefused, read_answers, read_value
from maillage.engines.simulator.completions import Bound, Design, completions
from maillage.engines.simulator.narrowing import Interval, intervals, next_question
from maillage.engines.simulator.questions import Choice, Kind, Question, Questionnaire, Value, questionnaire

__all__ = [
    "Answers",
    "Bound",
    "Choice",
    "Design",
    "Interval",
    "Kind",
    "Question",
    "Questionnaire",
    "Reading",
    "Value",
    "ValueRefused",
    "completions",
    "intervals",
    "next_question",
    "questionnaire",
    "read_answers",
    "read_value",
]
