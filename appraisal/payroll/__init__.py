"""薪酬发放单: what payroll pays on.

HR prepares a release of everything approved and not released yet, another person releases it; from then on it is frozen,
numbered, with control totals and the end of the audit trail. What is corrected after a release (复核) becomes a delta in the
next one.
"""
