"""Hydra's launchers, and what colactl knows of the engines behind them."""
