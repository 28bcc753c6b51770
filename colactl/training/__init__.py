"""The work: torch, Lightning, Hugging Face and Weights & Biases."""

import os

# huggingface_hub reads these when it is imported, which happens in this room first.
# Without it the client asks the Hub, for up to 3 s, what to report of its user, even if all is in the cache.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Seconds without a byte. The client tries a download six times, a second apart, and asks for a file's metadata seven
# times within 23 s of waiting, so that either ends within a minute where the Hub goes silent.
os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "9")
os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "5")
