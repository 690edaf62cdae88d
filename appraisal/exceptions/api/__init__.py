"""The API of exceptions (异常应对), one file a noun."""
