"""What a trained model is for: evaluation and predictions."""
