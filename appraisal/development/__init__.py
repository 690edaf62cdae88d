"""发展与改进: what a person works on, and what is said about it during the year.

The personal development plan (个人发展计划) of an annual appraisal, with goals agreed with the supervisor and rated by them at
the end; check-ins (过程辅导) by either side; training needs (培训需求); the improvement plan (绩效改进计划) after low grades.

An improvement plan ends with its expected results met or not met. That is a statement about the plan: nothing here says, or
concludes by programme, that somebody is unfit for the post (不能胜任); the law leaves that to people and evidence.
"""
