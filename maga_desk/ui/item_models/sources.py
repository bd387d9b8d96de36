"""Those who can be asked how alike classes are: what they are called and what they do, in words."""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "mllm": "MLLM on this machine",
    "endpoint": "MLLM at an endpoint",
    "clip": "CLIP-class encoder",
    "classifier": "Classifier's softmax",
    "centroids": "Feature centroids",
    "subspaces": "Shared subspaces",
    "channels": "Shared channels",
    "weights": "Head's weights",
    "uniform": "Uniform (control)",
    "file": "Matrix file",
    "mixture": "Mixture",
}
HELP: Mapping[str, str] = {
    "mllm": "A multimodal model on this machine is asked about exemplar pictures of each class, for every other class.",
    "endpoint": "A multimodal model behind an OpenAI-compatible address is asked; exemplar pictures are sent there.",
    "clip": "An image and text encoder says which other class's caption fits the exemplar pictures best.",
    "classifier": "Likeness as the classifier sees it: its mean tempered answer for every class.",
    "centroids": "Likeness of the classes' mean features, just before the last layer.",
    "subspaces": "Entanglement: how far the main directions of the classes' features coincide.",
    "channels": "Entanglement: how many of the strongly active channels the classes share, over all layers.",
    "weights": "Likeness of the classes' rows in the last layer's weights, without any picture.",
    "uniform": "No opinion: every other class is equally alike. A baseline.",
    "file": "Read from a CSV or JSON file.",
    "mixture": "A weighted mean of several of the others.",
}
ENTANGLEMENT = (
    "The classifier's own entanglement, as a measure beside the model's opinion, is what "
    f"“{TITLES['centroids']}”, “{TITLES['subspaces']}” and “{TITLES['channels']}” (its features) and "
    f"“{TITLES['classifier']}” (its answers) show."
)
QUESTIONED = frozenset({"mllm", "endpoint", "clip"})
"""Sources whose answers to questions about pictures can be looked at."""


def title_of(name: str) -> str:
    """A proposer's name for people."""
    return TITLES.get(name, name)
