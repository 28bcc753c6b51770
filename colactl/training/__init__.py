"""The work: torch, Lightning, Hugging Face and Weights & Biases."""
