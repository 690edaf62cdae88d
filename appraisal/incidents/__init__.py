"""事件台账: veto events and complaints, from a first report to a confirmed fact.

A report is a draft until the person concerned has been heard, and moves a result only once somebody else has confirmed it.
Withdrawing a confirmed incident takes its effect away again (D-20). Every step is kept.
"""
