"""The tickets collector: osTicket's database, its frame and its measures."""
