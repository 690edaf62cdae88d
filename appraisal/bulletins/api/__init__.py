"""The endpoints of bulletins, by what they are about."""
