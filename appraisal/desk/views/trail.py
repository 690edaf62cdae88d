"""The trail of who did what, for auditors: searched, one record in full, and the chain walked."""
