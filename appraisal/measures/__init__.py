"""KPI 数据: the actual figures of the agreed items, with their source.

A figure is entered by one person and confirmed by another. Nothing is overwritten: a mistake is corrected by a later
entry that names the one it corrects and says why. Where the library computes a figure, the raw inputs are what is entered.
"""
