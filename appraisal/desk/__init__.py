"""工作台: what concerns everybody who works here, whatever their slice.

What waits for me, files to attach, and for auditors the trail of who did what.
"""
