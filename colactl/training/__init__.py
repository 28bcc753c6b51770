"""The work: torch, Lightning, Hugging Face and Weights & Biases."""

import os

# Without it huggingface_hub asks the Hub, for up to 3 s, what to tell it about its user, even if all is in the cache.
# It is read when that package is imported, which happens in this room first.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
