"""The tutorial's six jobs as it runs them: its recipe under Hydra's own `-m` and joblib launcher."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hydra
import pytorch_lightning as pl
import torch
from hydra.core.config_store import ConfigStore
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import WandbLogger

from tests.benchmarks.peers.tutorial import Model, loader


@dataclass
class Processing:
    batch_size: int = 64


@dataclass
class Training:
    max_epochs: int = 1


@dataclass
class Config:
    model: str = "???"
    data: str = "???"
    lr: float = 1e-4
    threads: int = 1
    processing: Processing = field(default_factory=Processing)
    training: Training = field(default_factory=Training)


ConfigStore.instance().store(name="config", node=Config)


class Validated(Model):
    """The recipe with its validation, which a sweep is about."""

    def validation_step(self, batch: dict[str, torch.Tensor], _: int) -> None:
        outputs = self.bert(batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["label"])
        self.log("valid/loss", outputs.loss, prog_bar=True)
        metrics = self.metrics(outputs.logits.argmax(dim=1), batch["label"])
        self.log_dict({f"valid/{name}": value for name, value in metrics.items()})


@hydra.main(version_base="1.3", config_path=None, config_name="config")
def main(config: Any) -> None:
    torch.set_num_threads(config.threads)
    pl.seed_everything(0)
    data, size = Path(config.data), config.processing.batch_size
    folder = Path(hydra.core.hydra_config.HydraConfig.get().runtime.output_dir)
    logger = WandbLogger(project="benchmark", save_dir=folder, offline=True)
    trainer = pl.Trainer(
        default_root_dir=folder,
        logger=logger,
        callbacks=[
            ModelCheckpoint(dirpath=folder / "models", filename="best", monitor="valid/loss"),
            EarlyStopping(monitor="valid/loss", patience=3),
        ],
        max_epochs=config.training.max_epochs,
        log_every_n_steps=10,
        deterministic=True,
    )
    train, validation = (loader(data / name, config.model, size) for name in ("train.tsv", "dev.tsv"))
    trainer.fit(Validated(config.model, config.lr), train, validation)
    logger.experiment.finish()


if __name__ == "__main__":
    main()
