"""绩效目标责任书: what a person will be appraised on.

For each post sheet of an appraisal, employee and supervisor agree the items (from the library or their own), the weights,
the targets and challenge values, and both sign. A signature binds the exact content. Only a signed agreement is appraised.
"""
