"""What colactl is measured against: scripts of their own, which print their figures as JSON."""
