"""What the endpoints of 360° feedback take in and give out. Nothing that goes out says who has answered."""

from appraisal import rest


class FeedbackQuestionIn(rest.In):
    """A question: `rating` on the scale of the round, or `text`."""

    code = rest.Line(40, required=True)
    kind = rest.OneOf("rating", "text", required=True)
    text_zh = rest.Line(500, required=True)
    text_en = rest.Line(500, required=True)


class FeedbackRoundIn(rest.In):
    """A round for an annual cycle."""

    cycle_id = rest.Id(required=True)
    answers_until = rest.Day(required=True)
    questions = rest.Many(FeedbackQuestionIn, least=1, most=60, required=True)


class FeedbackQuestionsIn(rest.In):
    """The questions of a draft."""

    questions = rest.Many(FeedbackQuestionIn, least=1, most=60, required=True)


class FeedbackMomentIn(rest.In):
    """An act that needs no more words."""


class FeedbackExtensionIn(rest.In):
    """More time to answer."""

    answers_until = rest.Day(required=True)
    reason = rest.Prose(500, required=True)


class FeedbackRaterIn(rest.In):
    """A rater: an employee by `number`, or an outsider by name, organisation and mail."""

    group = rest.Line(40, required=True)
    number = rest.Line(40, load_default=None, allow_none=True)
    name = rest.Line(80, load_default=None, allow_none=True)
    organisation = rest.Line(120, load_default=None, allow_none=True)
    mail = rest.Line(200, load_default=None, allow_none=True)


class FeedbackDecisionIn(rest.In):
    """Approve a rater, or refuse with a reason."""

    approve = rest.Flag(required=True)
    reason = rest.Prose(500, load_default=None, allow_none=True)


class FeedbackReasonIn(rest.In):
    """Why."""

    reason = rest.Prose(500, required=True)


class FeedbackRemarkIn(rest.In):
    """Words on one question."""

    question = rest.Line(40, required=True)
    text = rest.Prose(2000, required=True)


class FeedbackAnswerIn(rest.In):
    """An answer: a rating for each rated question by its code, words where one likes."""

    ratings = rest.Numbers(most=60, required=True)
    remarks = rest.Many(FeedbackRemarkIn, most=60, load_default=list)


class FeedbackLinkIn(rest.In):
    """The link an outsider was given. It travels in the body, never in an address, which would be logged."""

    token = rest.Line(100, required=True)


class FeedbackOutsiderAnswerIn(FeedbackAnswerIn):
    """An outsider's answer."""

    token = rest.Line(100, required=True)


class FeedbackRoundFilter(rest.Listing):
    """Which rounds."""

    status = rest.OneOf("draft", "open", "closed", load_default=None)


class FeedbackQuestionOut(rest.Out):
    """A question of the form."""

    code = rest.Str()
    kind = rest.Str()
    text = rest.Said()


class FeedbackGroupOut(rest.Out):
    """A group of raters."""

    code = rest.Str()
    name = rest.Said()


class FeedbackShareOut(FeedbackGroupOut):
    """A group with its share in points, and how many are to be asked at least."""

    share = rest.Number()
    minimum = rest.Whole()


class FeedbackRoundRowOut(rest.Out):
    """A round."""

    id = rest.Id()
    cycle_id = rest.Id()
    status = rest.Str()
    answers_until = rest.Day()
    minimum = rest.Whole()
    version = rest.Version()


class FeedbackRoundOut(FeedbackRoundRowOut):
    """A round with its form."""

    scale_from = rest.Number()
    scale_to = rest.Number()
    groups = rest.Many(FeedbackShareOut)
    questions = rest.Many(FeedbackQuestionOut)


class FeedbackRemindedOut(rest.Out):
    """How many people were reminded."""

    people = rest.Whole()


class FeedbackRaterOut(rest.Out):
    """A proposed rater; `mail` of outsiders is for HR."""

    id = rest.Id()
    appraisal_id = rest.Id()
    group = rest.Str()
    number = rest.Str(allow_none=True)
    name = rest.Str()
    organisation = rest.Str(allow_none=True)
    mail = rest.Str(allow_none=True)
    status = rest.Str()
    reason = rest.Str(allow_none=True)
    version = rest.Version()


class FeedbackAskedOut(FeedbackGroupOut):
    """How many raters of a group are approved, and how many are wanted at least."""

    asked = rest.Whole()
    minimum = rest.Whole()


class FeedbackCaseOut(rest.Out):
    """Who is to rate a person. `waiting`: how many answers are out, for supervisor and HR."""

    appraisal_id = rest.Id()
    round_id = rest.Id()
    status = rest.Str()
    answers_until = rest.Day()
    waiting = rest.Whole(allow_none=True)
    groups = rest.Many(FeedbackAskedOut)
    raters = rest.Many(FeedbackRaterOut)


class FeedbackLinkOut(rest.Out):
    """An outsider's link, shown once."""

    token = rest.Str()
    expires_at = rest.Instant()


class FeedbackRequestRowOut(rest.Out):
    """What one is asked to answer."""

    id = rest.Id()
    subject = rest.Str()
    answers_until = rest.Day()


class FeedbackFormOut(rest.Out):
    """The form to answer."""

    subject = rest.Str()
    group = rest.One(FeedbackGroupOut)
    answers_until = rest.Day()
    scale_from = rest.Number()
    scale_to = rest.Number()
    questions = rest.Many(FeedbackQuestionOut)


class FeedbackMeanOut(rest.Out):
    """The mean rating of a question, on the scale of the form."""

    question = rest.Str()
    mean = rest.Number()


class FeedbackRemarksOut(rest.Out):
    """What was said to a question, in an order of this reading."""

    question = rest.Str()
    texts = rest.Many(rest.Str())


class FeedbackGroupReportOut(rest.Out):
    """A group, or several merged."""

    names = rest.Many(rest.Said())
    answers = rest.Whole()
    points = rest.Number()
    means = rest.Many(FeedbackMeanOut)
    remarks = rest.Many(FeedbackRemarksOut)


class FeedbackReportOut(rest.Out):
    """What a closed round says of a person, 0 to 100; `withheld` answers were too few to show and do not count."""

    appraisal_id = rest.Id()
    score = rest.Number(allow_none=True)
    answers = rest.Whole()
    withheld = rest.Whole()
    groups = rest.Many(FeedbackGroupReportOut)
