from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from colactl.training.network.embeddings import RowsInUse, RowsLoaded, restore_embeddings, train_rows_in_use
from tests.training.networks import ARCHITECTURES, IDS, build, gradients


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_rows_in_use_train_as_in_the_whole_embedding(model_type: str) -> None:
    library = build(model_type, dropout=False)
    ours = copy.deepcopy(library)
    train_rows_in_use(ours, IDS)
    assert isinstance(ours.get_input_embeddings(), RowsInUse)
    for network in (library, ours):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        gradients(network)
        norm = nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if network is library:
            expected = norm
    torch.testing.assert_close(norm, expected)
    restore_embeddings(ours)
    assert ours.state_dict().keys() == library.state_dict().keys()
    for name, tensor in library.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], tensor, msg=name)


def test_it_is_taken_out_as_it_was_put_in() -> None:
    network = build("bert")
    whole = network.get_input_embeddings()
    before = whole.weight.clone()
    undo = train_rows_in_use(network, IDS)
    network.get_input_embeddings().weight.data.zero_()
    undo()
    assert network.get_input_embeddings() is whole
    assert torch.equal(whole.weight, before)


def test_a_gradient_of_the_rows_is_that_of_the_whole() -> None:
    network, ids = build("bert", dropout=False), torch.unique(IDS)
    whole = gradients(network)["bert.embeddings.word_embeddings.weight"]
    train_rows_in_use(network, IDS)
    rows = gradients(network)["bert.embeddings.word_embeddings.weight"]
    assert len(rows) == len(ids) < len(whole)
    torch.testing.assert_close(rows[network.get_input_embeddings().rows_of(ids)], whole[ids])


def test_an_id_that_was_not_announced_is_an_error() -> None:
    network = build("bert")
    train_rows_in_use(network, IDS)
    with pytest.raises(IndexError):
        network(torch.tensor([[4, 18, 5]]))


def test_a_small_vocabulary_and_tied_embeddings_are_left_alone() -> None:
    network = build("bert")
    assert train_rows_in_use(network, torch.arange(60)) is None
    assert type(network.get_input_embeddings()) is nn.Embedding
    network.lm_head = nn.Linear(16, 60)
    network.lm_head.weight = network.get_input_embeddings().weight
    assert train_rows_in_use(network, IDS) is None
    assert type(network.get_input_embeddings()) is nn.Embedding


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (torch.optim.AdamW, {}),
        (torch.optim.SGD, {}),
        (torch.optim.SGD, {"momentum": 0.9}),
        (torch.optim.Adafactor, {}),
    ],
)
def test_a_whole_embedding_loads_a_checkpoint_of_rows(optimizer: type[torch.optim.Optimizer], options: dict) -> None:
    rows, whole = build("bert", dropout=False), build("bert", dropout=False)
    start = whole.get_input_embeddings().weight.detach().clone()
    train_rows_in_use(rows, IDS)
    of_rows = optimizer(rows.parameters(), lr=0.1, **options)
    gradients(rows)
    of_rows.step()

    loaded = RowsLoaded(whole, IDS.unique())
    of_whole = optimizer(whole.parameters(), lr=0.1, **options)
    loaded.prepare(of_whole)
    for _ in range(2):  # the checkpoint is read twice, and the second time the other rows have been decayed
        whole.load_state_dict(rows.state_dict())
        of_whole.load_state_dict(of_rows.state_dict())
        weight = whole.get_input_embeddings().weight
        assert torch.equal(weight[IDS], rows.get_input_embeddings()(IDS))
        unused = torch.ones(60, dtype=torch.bool)
        unused[IDS] = False
        assert torch.equal(weight[unused], start[unused])
        gradients(whole)
        of_whole.step()
        with torch.no_grad():
            weight.mul_(0.9)
    whole.load_state_dict(build("bert").state_dict())  # another checkpoint is loaded as it is
    assert torch.equal(whole.get_input_embeddings().weight, start)
