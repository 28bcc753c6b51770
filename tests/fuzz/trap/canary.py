"""What configs of the fuzz test name in every place that might run code; nothing is to import it."""
