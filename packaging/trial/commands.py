"""Every command once, on the bare machine."""

from __future__ import annotations

import json

from bundling.places import Build, BuildError, ran, version
from trial.stranger import PLACE, stranger

DEMO = f"{PLACE}/_internal/resources/demo"
TRAIN = ["--data", "demo", "--epochs", "1", "--train-limit", "400", "--precision", "float32"]

RUN = """seed = 0
precision = "float32"
[data]
source = "demo"
[forget]
classes = ["fox"]
[guidance]
proposer = "classifier"
[method]
name = "maga"
params = {{ least_steps = 20 }}
[audit]
retrained = "{demo}/kinds-without-fox.safetensors"
[output]
dir = "run"
"""

# Two processes train a shadow model each, beside the one that compares.
COMPARE = """title = "Tried in the bundle"
seeds = [1]
methods = ["maga", "fine-tune"]
[data]
source = "demo"
[audit]
retrained = "{demo}/kinds-without-fox.safetensors"
shadows = 1
jobs = 2
[audit.recipe]
epochs = 1
[[task]]
name = "fox"
forget = {{ classes = ["fox"] }}
"""

# A net of one's own that is made in another process with torchvision's compiled part, and told what programs inherit.
MODEL = """import multiprocessing
import subprocess
from concurrent.futures import ProcessPoolExecutor
from torch import nn

WORK = '''
import torch, torchvision
kept = torchvision.ops.nms(torch.tensor([[0.0, 0, 1, 1], [0, 0, 1, 1]]), torch.ones(2), 0.5)
torch.save(torchvision.models.shufflenet_v2_x0_5(num_classes=len(kept)).state_dict(), "theirs.pt")
'''


def build(classes):
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(exec, WORK).result()
    with open("inherited.txt", "w") as file:
        subprocess.run(["/bin/sh", "-c", "echo path:$LD_LIBRARY_PATH"], stdout=file, check=True)
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, classes))
"""


# Pictures in the forms whose readers are compiled: Parquet, Arrow's files, HDF5, and a folder of three kinds of files.
SETS = """import io, sys
from pathlib import Path
import h5py, numpy, pyarrow, pyarrow.parquet
from PIL import Image

home, rng = Path(sys.argv[1]), numpy.random.default_rng(0)
pictures, labels = rng.integers(0, 256, (60, 16, 16, 3), "uint8"), [i % 2 for i in range(60)]

def encoded(i, form):
    file = io.BytesIO()
    Image.fromarray(pictures[i]).save(file, form)
    return file.getvalue()

column = [{"bytes": encoded(i, "PNG"), "path": None} for i in range(60)]
table = pyarrow.table({"image": column, "label": labels})
for folder in ("parquet/data", "arrow/train"):
    (home / folder).mkdir(parents=True)
pyarrow.parquet.write_table(table, home / "parquet/data/train-00000-of-00001.parquet")
with pyarrow.ipc.new_stream(home / "arrow/train/data-00000-of-00001.arrow", table.schema) as stream:
    stream.write_table(table)
with h5py.File(home / "set.h5", "w") as file:
    file["images"], file["labels"] = pictures, labels
for i in range(60):
    form = ("JPEG", "WEBP", "AVIF")[i % 3]
    folder = home / "folder" / "ab"[labels[i]]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{i}.{form.lower()}").write_bytes(encoded(i, form))
"""


def tells_its_version(build: Build) -> None:
    with stranger(build) as who:
        who.does("--version", says=version(), seconds=60)


def lists_methods(build: Build) -> None:
    with stranger(build) as who:
        names = {each["name"] for each in json.loads(who.does("methods", "--json", seconds=120))["methods"]}
        if len(names) < 20 or "maga" not in names:
            raise BuildError(f"methods --json lists {len(names)} methods")
        who.does("methods", "maga", "--copy", says="def ", seconds=60)
        for command in ("formats", "families", "proposers", "sources"):
            json.loads(who.does(command, "--json", seconds=120))


def does_the_demo(build: Build) -> None:
    """With the toy multimodal model, which is transformers' code, and every format that has an ending of its own."""
    with stranger(build) as who:
        summary = json.loads(who.does("demo", "--headless", "--json", "--out", "result"))
        made = {path.suffix for path in (who.home / "result" / "export").iterdir()}
        if len(summary["exported"]) < 3 or not {".safetensors", ".pt", ".onnx"} <= made:
            raise BuildError(f"the demo exported only {sorted(made)}")


def trains(build: Build) -> None:
    with stranger(build) as who:
        who.does("train", *TRAIN, "--out", "net.safetensors")
        who.does("model", "net.safetensors", says="resnet8")


def reads_sources(build: Build) -> None:
    with stranger(build) as who:
        ran([build.python, "-c", SETS, who.home], why="making sets of pictures")
        for name in ("parquet", "arrow", "set.h5", "folder"):
            who.does("data", name, says="60")
            who.does("train", "--data", name, "--epochs", "1", "--precision", "float32", "--out", f"{name}.safetensors")


def runs(build: Build) -> None:
    with stranger(build) as who:
        (who.home / "spec.toml").write_text(RUN.format(demo=DEMO))
        who.does("run", "spec.toml")
        who.does("sessions", says="fox")
        who.does("report", "run", "--out", "record", "--key", "key.pem")
        who.does("verify-record", "record", says="holds")
        if not (who.home / "record" / "record.pdf").read_bytes().startswith(b"%PDF"):  # typst's compiled part made it
            raise BuildError("the record of the run has no PDF")


def compares(build: Build) -> None:
    with stranger(build) as who:
        (who.home / "compare.toml").write_text(COMPARE.format(demo=DEMO))
        who.does("compare", "compare.toml", "--out", "table.md", seconds=900)
        table = (who.home / "table.md").read_text()
        if "RMIA" not in table and "fine-tune" not in table:
            raise BuildError(f"the comparison's table has no shadow models: {table[:400]}")


def opens_torchvisions(build: Build) -> None:
    """In the program and in a process of its own; a program that is not ours gets the system's libraries."""
    with stranger(build) as who:
        net = "torchvision/shufflenet_v2_x0_5"
        who.does("train", *TRAIN, "--arch", net, "--out", "net.safetensors", says="training")
        who.does("model", "net.safetensors", says=net)
        who.does("train", *TRAIN, "--arch", "timm/resnet10t", "--out", "timm.safetensors", says="training")
        who.does("export", "timm.safetensors", "--out", "timm.onnx")
        (who.home / "model.py").write_text(MODEL)
        who.does("trust", "model.py", "--yes")
        who.does("train", *TRAIN, "--arch", "model.py:build", "--out", "own.safetensors", says="training")
        who.does("model", "theirs.pt", says=net)
        inherited = (who.home / "inherited.txt").read_text().strip()
        if inherited != "path:":
            raise BuildError(f"a program that is started from the bundle inherits its libraries: {inherited}")


def exports(build: Build) -> None:
    """Every format, of a run's net; ONNX is opened here once more, by an onnxruntime that is not the bundle's."""
    with stranger(build) as who:
        formats = json.loads(who.does("formats", "--json"))["formats"]
        (who.home / "spec.toml").write_text(RUN.format(demo=DEMO))
        who.does("run", "spec.toml")
        net = "run/unlearned.safetensors"
        for form in formats:  # the one without an ending gives a net back in the form in which a stranger's came
            if form["suffix"]:
                who.does("export", net, "--format", form["name"], "--out", f"net-{form['name']}{form['suffix']}")
        code = (
            "import onnxruntime, numpy, sys; s = onnxruntime.InferenceSession(sys.argv[1]); i = s.get_inputs()[0];"
            "shape = [d if isinstance(d, int) else 2 for d in i.shape];"
            "print(s.run(None, {i.name: numpy.zeros(shape, 'float32')})[0].shape)"
        )
        for made in sorted(who.home.glob("net-*.onnx")):
            print(f"{made.name}:", ran([build.python, "-c", code, made], why="opening the ONNX file").strip())
        who.does("apply-patch", f"{DEMO}/kinds.safetensors", "net-patch.patch", "--out", "joined.safetensors")
        if (who.home / "joined.safetensors").read_bytes() != (who.home / net).read_bytes():
            raise BuildError("original and patch do not give the net again")
