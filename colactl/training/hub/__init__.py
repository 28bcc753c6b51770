"""The Hugging Face Hub and its local cache."""
