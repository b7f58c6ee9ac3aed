"""The defaults live in the core; the Python signature must show the same."""

from __future__ import annotations

import inspect
import json

import patronomy as pt
from patronomy import _core


def test_rfm_signature_shows_the_defaults_of_the_core() -> None:
    core = json.loads(_core.rfm_defaults())
    parameters = inspect.signature(pt.Transactions.rfm).parameters
    face = {k: p.default for k, p in parameters.items() if k in core}
    assert core and face.keys() == core.keys()
    # One int stands for all three bins, and "auto" names a map the core never hears of.
    face["n_bins"] = [face["n_bins"]] * 3
    face["weights"] = [float(w) for w in face["weights"]]
    assert face.pop("segments") == "auto"
    assert core.pop("segments") is None
    assert face == core
