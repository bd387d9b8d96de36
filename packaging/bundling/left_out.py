"""What the packages bring and the bundle does not carry, with the reasons; the trials show that it is not missed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple


class Rule(NamedTuple):
    """Files by their path in the bundle, or modules by their name, as ``fnmatch`` has it (``*`` crosses folders)."""

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
    "pygments": "colours of code, which nothing here prints",
    "IPython": "for notebooks",
    "pytest": "for tests",
    "mypy": "for tests",
    "hf_xet": "huggingface_hub takes it only where its metadata is; without it downloads go by plain HTTP",
    "PySide6.QtOpenGL": "of its 9 MB nothing is used; an empty module stands for it (at_start.py)",
    "setuptools": "for installing",
    "pip": "for installing",
    "torch.utils.tensorboard": "writes for another program",
    "tensorboard": "another program",
    "numba": "optional in many",
    "umap": "needs numba, 210 MB with LLVM; the map shows principal components",
    "pynndescent": "belongs to umap",
    "usearch": "for more than 50,000 pictures on a processor; without it neighbours are compared each with each",
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

# Of scikit-learn the audits take linear models and support vectors, of SciPy ranks and assignments.
SKLEARN = (
    "cluster compose cross_decomposition datasets ensemble experimental feature_extraction "
    "feature_selection gaussian_process impute inspection manifold mixture neighbors neural_network "
    "semi_supervised tree"
).split()
SCIPY = "cluster datasets fftpack io misc odr signal".split()

# Modules that are followed, since others import some of the same package, and then stay out. Without triton and
# torch's headers torch.compile has nothing to write for.
ARCHIVED = (
    Rule("torch._inductor.kernel.*", "written for triton"),
    Rule("torch._inductor.codegen.cutedsl.*", "written for a compiler that is not there"),
    Rule("torch._inductor.codegen.cutlass.*", "written for a compiler that is not there"),
    Rule("torch._inductor.codegen.mps", "written for macOS"),
    Rule("torch.testing._internal.*", "torch's tests"),
    Rule("transformers.models.*.modular_*", "what transformers' own modules are written from; nothing imports it"),
    Rule("sympy.physics.*", "nothing of torch asks for it"),
    *(Rule(f"sklearn.{name}*", "other methods than the attacks' and probes'") for name in SKLEARN),
    *(Rule(f"scipy.{name}*", "nothing asks for it") for name in SCIPY),
    Rule("pyqtgraph.examples.*", "examples"),
    Rule("pyqtgraph.opengl.*", "needs OpenGL's package, which is not there"),
)
KEPT_MODULES = (
    "torch.testing._internal.common_dtype",
    "torch.testing._internal.distributed",
    "torch.testing._internal.distributed.fake_pg",
    "torch.testing._internal.logging_tensor",
)

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
    *(Rule(f"sklearn/{name}/*", "other methods than the attacks' and probes'") for name in SKLEARN),
    *(Rule(f"scipy/{name}/*", "nothing asks for it") for name in SCIPY),
    Rule("pydicom/data/test_files/*", "pydicom's example data"),
    Rule("pyarrow/include/*", "header"),
    Rule("pyarrow/src/*", "source of pyarrow's libraries"),
    Rule("*libarrow_flight*", "Arrow over the network; its module stays out with it"),
    Rule("pyarrow/_flight*", "Arrow over the network"),
    Rule("pyarrow/_substrait*", "query plans of other programs"),
    Rule("pyarrow/_acero*", "Arrow's query engine"),
    Rule("pyarrow/_dataset*", "tables over many files"),
    Rule("pyarrow/_orc*", "ORC files"),
    Rule("pyarrow/_parquet_encryption*", "encrypted tables"),
    Rule("*libarrow_python_parquet_encryption*", "encrypted tables"),
    Rule("pyarrow/*.pyx", "source of pyarrow's libraries"),
    Rule("pyarrow/*.pxi", "source of pyarrow's libraries"),
    Rule("*libarrow_python_flight*", "Arrow over the network"),
    Rule("*libarrow_s3*", "storage in a cloud; pyarrow asks whether it is there"),
    Rule("pyarrow/_s3fs*", "storage in a cloud"),
    Rule("pyarrow/_azurefs*", "storage in a cloud"),
    Rule("pyarrow/_gcsfs*", "storage in a cloud"),
    Rule("pyarrow/_hdfs*", "storage of a cluster"),
    Rule("torch/testing/_internal/*", "torch's tests; what torch imports of it is in the archive"),
    *(
        Rule(f"torch/{name}/*.py", "source that nobody reads; its modules are in the archive")
        for name in (
            "_decomp _dynamo _export _functorch _higher_order_ops _inductor _library _numpy _prims _refs _subclasses "
            "_vendor ao/ns ao/pruning ao/quantization autograd cuda distributed distributions masked mtia nested optim "
            "package profiler sparse xpu"
        ).split()
    ),
    Rule("torch/_inductor/kernel/*", "written for triton"),
    Rule("timm/models/*.py", "source that nobody reads; its modules are in the archive"),
    Rule("transformers/models/*/modular_*.py", "what transformers' own modules are written from; nothing imports it"),
    Rule("*.dist-info/RECORD", "for uninstalling"),
    Rule("*.dist-info/licenses/*", "all texts are in licences/"),
    Rule("*.dist-info/sboms/*", "the bill of materials is beside the program"),
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
    Rule("*libcudnn_ext*", "causal convolutions (cudnn_subquadratic_ops.h); torch takes no function of it"),
    Rule("*nvshmem_bootstrap_*", "several machines"),
    Rule("*nvshmem_transport_*", "several machines"),
    Rule("qtawesome/fonts/[!p]*", "fonts of which no icon is shown; what stays is Phosphor (maga_desk/ui/icons.py)"),
    Rule("PySide6/Qt/translations/*", "the program speaks English"),
    Rule("PySide6/Qt/qml/*", "no QML"),
    Rule("*libQt6Qml*", "no QML"),
    Rule("*libQt6Quick*", "no QML"),
    Rule("*libQt6VirtualKeyboard*", "no QML"),
    Rule("*libQt6Pdf*", "no PDF is shown"),
    Rule("*libQt6Egl*", "screens without a desktop"),
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

# torch asks at its import whether the manager of shared memory is there, and reads the source of its own settings.
KEPT = ("torch/bin/torch_shm_manager", "torch/*config.py", "torch/*config_comms.py", "timm/models/__init__.py")


def reason(path: str) -> str | None:
    """Why a file stays out of the bundle, or ``None`` when it goes in.

    :param path: its place in the bundle, with ``/``.
    """
    if any(fnmatchcase(path, pattern) for pattern in KEPT):
        return None
    return next((rule.why for rule in FILES if fnmatchcase(path, rule.pattern)), None)


def module_reason(name: str) -> str | None:
    """Why a module stays out of the archive although it was followed, or ``None`` when it goes in."""
    if name in KEPT_MODULES:
        return None
    return next((rule.why for rule in ARCHIVED if fnmatchcase(name, rule.pattern)), None)


def excluded_modules() -> list[str]:
    """What PyInstaller is told not to follow."""
    return [*MODULES, *(f"PySide6.Qt{name}" for name in QT_MODULES)]
