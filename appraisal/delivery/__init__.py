"""Deliveries outside the page: mail to people, messages to group chats, and how both are doing."""
