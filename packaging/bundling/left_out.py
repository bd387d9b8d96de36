"""What the packages bring and the bundle does not carry, with the reasons; the trials show that it is not missed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple


class Rule(NamedTuple):
    """Files by their path in the bundle, as ``fnmatch`` has it (``*`` crosses folders)."""

    pattern: str
    why: str


# Modules that are not even looked at.
MODULES = {
    "triton": "compiles for torch.compile alone, which the program does not use",
    "bitsandbytes": "needs triton; 8bit and 4bit are for an installation with Python",
    "accelerate": "belongs to bitsandbytes",
    "pandas": "optional in scikit-learn and datasets",
    "matplotlib": "optional in pyqtgraph",
    "tkinter": "the window is Qt's",
    "readline": "libreadline is under the GPL; nothing here asks at a prompt that needs it",
    "_gdbm": "libgdbm is under the GPL; nothing here keeps such a database",
    "IPython": "for notebooks",
    "pytest": "for tests",
    "mypy": "for tests",
    "setuptools": "for installing",
    "pip": "for installing",
    "torch.utils.tensorboard": "writes for another program",
    "tensorboard": "another program",
    "numba": "optional in many",
    "cupy": "optional in scipy",
    "tensorflow": "optional in transformers and onnx",
    "jax": "optional in transformers and scipy",
    "flax": "optional in transformers",
}

# Of Qt the window uses Core, Gui, Widgets, Svg, and what pyqtgraph draws with.
QT_MODULES = (
    "3DAnimation 3DCore 3DExtras 3DInput 3DLogic 3DRender Bluetooth Charts Concurrent DataVisualization Designer "
    "Graphs GraphsWidgets Help HttpServer Location Multimedia MultimediaWidgets Network NetworkAuth Nfc "
    "Pdf PdfWidgets Positioning Qml Quick Quick3D QuickControls2 QuickTest QuickWidgets "
    "RemoteObjects Scxml Sensors SerialBus SerialPort SpatialAudio Sql StateMachine TextToSpeech UiTools "
    "WebChannel WebEngineCore WebEngineQuick WebEngineWidgets WebSockets WebView Xml"
).split()

FILES = (
    Rule("*/readline.*.so", "libreadline is under the GPL"),
    Rule("*libreadline*", "under the GPL"),
    Rule("*/_gdbm.*.so", "libgdbm is under the GPL"),
    Rule("*libgdbm*", "under the GPL"),
    Rule("*.a", "static library"),
    Rule("*.lib", "static library"),
    Rule("*.h", "header"),
    Rule("*.hpp", "header"),
    Rule("*.cuh", "header"),
    Rule("*.cmake", "for building against it"),
    Rule("*.pyi", "for type checkers"),
    Rule("*.pxd", "for Cython"),
    Rule("*.pdb", "for debuggers"),
    Rule("torch/include/*", "header"),
    Rule("torch/share/*", "for building against it"),
    Rule("torch/bin/*", "programs of torch's own build"),
    Rule("torch/test/*", "torch's tests"),
    Rule("torchgen/packaged/*", "for building torch"),
    Rule("*/tests/*", "tests of a package"),
    Rule("sklearn/datasets/data/*", "scikit-learn's example data"),
    Rule("sklearn/datasets/images/*", "scikit-learn's example data"),
    Rule("pydicom/data/test_files/*", "pydicom's example data"),
    Rule("pyarrow/include/*", "header"),
    Rule("pyarrow/src/*", "source of pyarrow's libraries"),
    Rule("*libarrow_flight*", "Arrow over the network; its module stays out with it"),
    Rule("pyarrow/_flight*", "Arrow over the network"),
    Rule("pyarrow/_substrait*", "query plans of other programs"),
    Rule("*libarrow_python_flight*", "Arrow over the network"),
    Rule("*libarrow_s3*", "storage in a cloud; pyarrow asks whether it is there"),
    Rule("pyarrow/_s3fs*", "storage in a cloud"),
    Rule("pyarrow/_azurefs*", "storage in a cloud"),
    Rule("pyarrow/_gcsfs*", "storage in a cloud"),
    Rule("pyarrow/_hdfs*", "storage of a cluster"),
    Rule("torch/testing/_internal/*", "torch's tests; what torch imports of it is in the archive"),
    Rule("nvidia/*/include/*", "header"),
    Rule("*libcusolverMg*", "linear algebra over several GPUs; no library of torch needs it"),
    Rule("*libnvrtc.alt*", "a second compiler; nothing needs it"),
    Rule("*libnvrtc-builtins.alt*", "belongs to the second compiler"),
    Rule("*libnvperf_*", "for profilers"),
    Rule("*libpcsamplingutil*", "for profilers"),
    Rule("*libcheckpoint.so*", "for profilers"),
    Rule("*libnvblas*", "replaces a BLAS; nothing needs it"),
    Rule("*libcufftw*", "FFTW's interface; nothing needs it"),
    Rule("*libcufile_rdma*", "storage over a network"),
    Rule("*nvshmem_bootstrap_*", "several machines"),
    Rule("*nvshmem_transport_*", "several machines"),
    Rule("PySide6/Qt/translations/*", "the program speaks English"),
    Rule("PySide6/Qt/qml/*", "no QML"),
    Rule("*libQt6Qml*", "no QML"),
    Rule("*libQt6Quick*", "no QML"),
    Rule("*libQt6VirtualKeyboard*", "no QML"),
    Rule("*libQt6Pdf*", "no PDF is shown"),
    Rule("*libQt6Network*", "the window speaks to no network; endpoints are asked by httpx2"),
    Rule("PySide6/Qt/plugins/platforminputcontexts/*virtualkeyboard*", "needs QML"),
    Rule("PySide6/Qt/plugins/imageformats/*pdf*", "no PDF is shown"),
    Rule("PySide6/Qt/plugins/platformthemes/libqgtk3*", "would mix libraries of two systems; Qt has its own dialogs"),
    Rule("PySide6/Qt/plugins/networkinformation/*", "no network in the window"),
    Rule("PySide6/Qt/plugins/tls/*", "no network in the window"),
    Rule("PySide6/Qt/plugins/generic/*", "touch screens without a desktop"),
    Rule("PySide6/Qt/plugins/egldeviceintegrations/*", "screens without a desktop"),
    Rule("PySide6/Qt/plugins/platforms/libqeglfs*", "screens without a desktop"),
    Rule("PySide6/Qt/plugins/platforms/libqlinuxfb*", "screens without a desktop"),
    Rule("PySide6/Qt/plugins/platforms/libqvkkhrdisplay*", "screens without a desktop"),
    Rule("PySide6/Qt/plugins/platforms/libqvnc*", "screens without a desktop"),
    Rule("PySide6/Qt/plugins/platforms/libqminimal*", "for Qt's own tests"),
)

# torch asks at its import whether the manager of shared memory is there.
KEPT = ("torch/bin/torch_shm_manager",)


def reason(path: str) -> str | None:
    """Why a file stays out of the bundle, or ``None`` when it goes in.

    :param path: its place in the bundle, with ``/``.
    """
    if any(fnmatchcase(path, pattern) for pattern in KEPT):
        return None
    return next((rule.why for rule in FILES if fnmatchcase(path, rule.pattern)), None)


def excluded_modules() -> list[str]:
    """What PyInstaller is told not to follow."""
    return [*MODULES, *(f"PySide6.Qt{name}" for name in QT_MODULES)]
