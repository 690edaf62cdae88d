"""报表与文书: one module per report or document.

Each builds a frozen value of texts, dates and decimals from what the other slices hold, and hands it to one template. The
value is all a template sees, so a document can be made again, years later, from the same stored result.
"""
