"""The API of agreements and of the goals they serve (绩效目标责任书与目标分解), one file a noun."""
