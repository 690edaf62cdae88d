"""考核结果: the computed result of each appraisal, its approval by a named person, and what payroll takes from it.

Results are layers and are never overwritten; each carries the policy's digest and the whole case it was computed from.
Payroll takes approved results only.
"""
