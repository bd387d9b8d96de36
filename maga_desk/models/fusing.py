"""A quicker form of a net that is only read: normalisation folded into the convolutions before it, channels last.

In evaluation mode a batch normalisation is a fixed scale and shift of each channel, which the weights of the
convolution or linear layer before it can do as well. Outputs change by rounding alone.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.fx.experimental.optimization import fuse

from maga_desk.models.footprint import share_footprint
from maga_desk.models.inference import evaluating
from maga_desk.models.runtime import Runtime

TOLERANCE = 1e-4
"""How far outputs may differ, as a share of the largest; what differs more is not used."""


def fused(model: nn.Module, runtime: Runtime, example: Tensor) -> tuple[nn.Module, Runtime]:
    """A quicker copy of a net for reading alone, in evaluation mode, and the runtime that it wants.

    The same net and runtime where there is nothing to gain or it cannot be done: off the CPU, in number formats other
    than float32 (where folded weights would be rounded more), and for nets that cannot be traced.

    :param model: it is left as it is.
    :param example: pictures ``(n, 3, H, W) float32`` on the device, to see that outputs stay; one is enough.
    """
    if runtime.device.type != "cpu" or runtime.bf16:
        return model, runtime
    quick = replace(runtime, channels_last=True)
    with evaluating(model):
        try:
            net = quick.place(fuse(model)).eval()
            found = net(quick.shape(example))
        except Exception:  # tracing runs the net's own code on stand-ins; whatever that raises means the same
            return model, runtime
        wanted = model(runtime.shape(example))
    finite = bool(wanted.isfinite().all())
    close = finite and torch.allclose(found, wanted, rtol=0, atol=TOLERANCE * float(wanted.abs().max()))
    if not close:
        return model, runtime
    share_footprint(net, model, "fused")
    return net, quick
