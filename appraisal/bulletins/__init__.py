"""KPI 通报: what people are told of the watched indicators, in summaries, reports, meetings and reviews.

They read the evaluations on record and never evaluate themselves, so that a report says what was known when it was made.
"""
