"""异常应对 (QEF-29-02): what an evaluation sets off. A record for whoever answers, tasks for other departments, who is told.

A record is worked on by its owner and verified by somebody else. Nothing is opened twice, however often a period is evaluated.
"""
