"""This machine and this process: its cores, its signals, its rank. Standard library and OmegaConf only."""
