"""The box of a group: its answers so far, sealed together. Who opens the table sees that there are some, and nothing of them.

Every new answer opens the box, is shuffled in, and the whole is sealed anew and padded, so that not even the length of what
came last can be told from an earlier copy.
"""

import json
import secrets
from collections.abc import Sequence
from typing import TypeVar

from appraisal import sealing
from appraisal.core.numbers import parse_number, plain
from appraisal.feedback.aggregate import Answer
from appraisal.feedback.models import FeedbackBox

T = TypeVar("T")

_BLOCK = 8192
_random = secrets.SystemRandom()


def opened(box: FeedbackBox) -> list[Answer]:
    """The answers in a box, in no order. Raises Conflict `sealed` when the key is gone."""
    content = json.loads(sealing.unseal(_about(box), box.sealed))
    return [Answer({code: parse_number(text) for code, text in ratings.items()}, remarks) for ratings, remarks in content]


def fill(box: FeedbackBox, answers: Sequence[Answer]) -> None:
    """Puts exactly these answers into a box, shuffled and sealed."""
    content = [[{code: plain(rating) for code, rating in one.ratings.items()}, dict(one.remarks)] for one in answers]
    text = json.dumps(shuffled(content)).encode()
    box.sealed = sealing.seal(_about(box), text.ljust(-(-len(text) // _BLOCK) * _BLOCK))
    box.answers = len(answers)


def shuffled(things: Sequence[T]) -> list[T]:
    """The things in an order nobody can guess, another one each time."""
    return _random.sample(things, len(things))


def _about(box: FeedbackBox) -> str:
    return f"feedback {box.appraisal_id} {box.group_code}"
