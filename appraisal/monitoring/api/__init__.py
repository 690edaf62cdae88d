"""The API of monitoring (过程监控), one file a noun."""
