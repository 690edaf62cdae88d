"""考核流程: what people write and rate during an appraisal.

The employee's self-assessment with 述职 text, the supervisor's review with ratings and a comment, the interview record.
Entries are only ever added, and each one moves the appraisal a step on.
"""
