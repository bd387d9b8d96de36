"""Those who can be asked how alike classes are: what they are called and what they do, in words."""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "mllm": "MLLM on this machine",
    "endpoint": "MLLM at an endpoint",
    "clip": "CLIP-class encoder",
    "classifier": "Classifier's softmax",
    "centroids": "Feature centroids",
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
    "uniform": "No opinion: every other class is equally alike. A baseline.",
    "file": "Read from a CSV or JSON file.",
    "mixture": "A weighted mean of several of the others.",
}
ENTANGLEMENT = (
    "The classifier's own entanglement, as a measure beside the model's opinion, is what "
    f"“{TITLES['classifier']}” (its answers) and “{TITLES['centroids']}” (its features) show."
)
QUESTIONED = frozenset({"mllm", "endpoint", "clip"})
"""Sources whose answers to questions about pictures can be looked at."""


def title_of(name: str) -> str:
    """A proposer's name for people."""
    return TITLES.get(name, name)
