"""Other libraries' functions, by their own names and with their own results."""
