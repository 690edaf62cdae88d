"""Endpoints of appraisals, their steps and results: the case and what leads it on, and what lies beside a single case."""
