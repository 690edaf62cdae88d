"""考核办法: the policies as published. Rule files on disk are what will apply; what is stored here is what does apply.

A publication stores the checked text under its digest and is never changed. HR confirms, on record, the values the source
does not give (assumed 值) before a cycle may run under them. How the text was made known (职工讨论, 公示, 培训, 签署) and who
has taken note of it (确认知悉) stand beside it, and so does the working calendar (工作日历) by which deadlines count.
"""
