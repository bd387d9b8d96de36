"""How alike a classifier's head takes its classes to be."""

from __future__ import annotations

import torch
from torch import Tensor


def weight_similarity(weight: Tensor, *, explained: float = 0.95, temperature: float = 0.1) -> Tensor:
    """Sharpened cosines between the head's class vectors, after a principal component analysis over the classes.

    TREW's inter-class similarity (arXiv 2506.20893). Its number of components and temperature are not given in what we
    could read: the fewest components that explain ``explained`` of the variance, and .1, are ours.

    :param weight: ``(K, D)`` of a linear head, K at least 2.
    :param temperature: of the softmax over the other classes.
    :returns: ``(K, K) float32`` on the weight's device: rows sum to one, the diagonal is zero.
    """
    vectors = weight.detach().cpu().double()  # not every device has float64
    left, sizes, _ = torch.linalg.svd(vectors - vectors.mean(dim=0), full_matrices=False)
    shares = sizes.square().cumsum(0) / sizes.square().sum().clamp_min(torch.finfo(sizes.dtype).tiny)
    count = int((shares < explained - 1e-9).sum()) + 1
    places = torch.nn.functional.normalize(left[:, :count] * sizes[:count], dim=1)
    cosines = places @ places.T
    cosines.fill_diagonal_(-torch.inf)
    return torch.softmax(cosines / temperature, dim=1).float().to(weight.device)
