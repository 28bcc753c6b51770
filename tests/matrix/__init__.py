"""The fast tier with other versions of the libraries: the lowest that are admitted, the newest, and the next."""
