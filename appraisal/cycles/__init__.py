"""考核周期: a period for which people are appraised under one pinned policy, and each person's appraisal (考核) in it.

Opening a cycle fixes the text of the rules by its digest and gives everybody who is rated an appraisal with a sheet for each
post held. Whoever worked too few days is 不参评: named as such with the reason, and never graded. Each step has a last day
(期限), counted in working days; HR reminds, extends (延期) and gives appraisals to another supervisor (改派).
"""
