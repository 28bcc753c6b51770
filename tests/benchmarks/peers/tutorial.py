"""The recipe that many learn Lightning with: padded to 128 tokens, float32, plain AdamW, metrics each step."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import WandbLogger
from torchmetrics import F1Score, MetricCollection, Precision, Recall
from torchmetrics.classification import Accuracy
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.benchmarks.peers.corpus import Clock, read
from tests.benchmarks.peers.hf_trainer import arguments

PADDED_LENGTH = 128  # tokens


class Model(pl.LightningModule):
    def __init__(self, name: str, lr: float) -> None:
        super().__init__()
        self.bert = AutoModelForSequenceClassification.from_pretrained(name, num_labels=2)
        self.lr = lr
        task: dict[str, Any] = {"task": "multiclass", "num_classes": 2}
        self.metrics = MetricCollection(
            {
                "acc": Accuracy(**task),
                "f1": F1Score(**task),
                "precision_macro": Precision(average="macro", **task),
                "recall_macro": Recall(average="macro", **task),
            }
        )

    def training_step(self, batch: dict[str, torch.Tensor], _: int) -> torch.Tensor:
        outputs = self.bert(batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["label"])
        self.log("train/loss", outputs.loss, prog_bar=True, on_step=True, on_epoch=True)
        self.log_dict(self.metrics(outputs.logits.argmax(dim=1), batch["label"]), on_step=True, on_epoch=True)
        return outputs.loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=self.lr)


class Steps(pl.Callback):
    def __init__(self) -> None:
        self.clock = Clock()

    def on_train_batch_end(self, *_: Any) -> None:
        self.clock.step()


def loader(file: Path, name: str, batch_size: int) -> torch.utils.data.DataLoader[Any]:
    tokenizer = AutoTokenizer.from_pretrained(name)

    def tokenize(row: dict[str, str]) -> Any:
        return tokenizer(row["sentence"], truncation=True, padding="max_length", max_length=PADDED_LENGTH)

    data = read(file).map(tokenize, batched=True)
    data.set_format(type="torch", columns=["input_ids", "attention_mask", "label"])
    return torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    pl.seed_everything(options.seed)
    train = loader(options.data / "in_domain_train.tsv", options.model, options.batch_size)
    model, steps = Model(options.model, options.lr), Steps()
    model.train()
    with TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            default_root_dir=folder,
            logger=WandbLogger(project="benchmark", save_dir=folder, offline=True),
            callbacks=[steps],
            max_epochs=options.epochs,
            max_steps=options.steps,
            log_every_n_steps=10,
            deterministic=True,
            enable_checkpointing=False,
        )
        begun = time.perf_counter()
        trainer.fit(model, train)
        seconds = time.perf_counter() - begun
        trainer.logger.experiment.finish()
    steps.clock.report(len(train.dataset) * options.epochs, options.batch_size, seconds, mcc=None)


if __name__ == "__main__":
    main()
