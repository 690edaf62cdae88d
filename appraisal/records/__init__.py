"""Records of people: how long they are kept, what holds them back, how they are purged, and what a person may take away."""
