"""The work: torch, Lightning, Hugging Face and Weights & Biases."""

import os

# huggingface_hub reads these when it is imported, which happens in this room first.
# Without it the client asks the Hub, for up to 3 s, what to report of its user, even if all is in the cache.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Seconds without a byte. The client tries six times, a second apart, so that a stalled download ends within a minute.
os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "9")
