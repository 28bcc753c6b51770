"""What a run writes down while it trains: metrics, pictures, and W&B."""
