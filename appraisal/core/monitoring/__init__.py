"""KPI 过程监控: readings of one period judged by the policy in force, one period on a screen or many at once."""
