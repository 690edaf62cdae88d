"""KPI 过程监控: readings of the indicators that a monitoring policy watches, of units and of the company.

A reading is entered by one person or machine and confirmed by another. Nothing is overwritten: a mistake is corrected by a
later entry that says why. What its inputs give is computed by the policy in force on the period's first day.
"""
