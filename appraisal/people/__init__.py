"""人员: staff, the units (部门) and posts (岗位) they work in, whom they report to, and the accounts they sign in with.

Everything that changes over time is dated, first and last day inclusive, so that an old result still names the unit, the
post and the supervisor of its own time.
"""
