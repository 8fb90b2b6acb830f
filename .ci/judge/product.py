"""The product, from outside: its command is started and what it prints is read."""

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bundle import Resource


@dataclass
class Answer:
    """What became of one input: its output, and the counts of the account."""

    status: str
    output: str = ""
    resources: list = field(default_factory=list)
    read: int = 0
    translated: int = 0
    structural: int = 0
    lost: int = 0
    error: str = ""
    others: list = field(default_factory=list)

    @property
    def refused(self):
        """Nothing came out, and the reason was told."""
        return self.status == "error" and all(other.refused for other in self.others)

    def cases(self):
        """What came out of an input, for each case in it."""
        return [one for one in (self, *self.others) if one.status != "error"]


class Product:
    """The command at `path`, with the tables that are built into it."""

    def __init__(self, path):
        self.path = str(Path(path).resolve())
        self.known = {}

    def samples(self, kind, count, seed):
        """Messages about invented people: pairs of a name and the text."""
        with tempfile.TemporaryDirectory() as folder:
            self._run("sample", "--message", kind, "--count", str(count), "--seed", str(seed), "-o", folder)
            return [(f"{kind}--{path.stem}", path.read_text()) for path in sorted(Path(folder).iterdir())]

    def convert(self, inputs, target):
        """Converts many texts to `target` in one start of the command. The answers stand in the order of the texts; of an input with
        several cases the answer for the first has the others with it."""
        if not inputs:
            return []
        lines = "".join(json.dumps({"id": n, "message": text}) + "\n" for n, text in enumerate(inputs))
        done = subprocess.run([self.path, "stream", "--to", target], input=lines, capture_output=True, text=True)
        answers = {}
        for line in map(json.loads, done.stdout.splitlines()):
            answer = self._answer(line)
            answers.setdefault(line["id"], answer)
            if answers[line["id"]] is not answer:
                answers[line["id"]].others.append(answer)
        if list(answers) != list(range(len(inputs))):
            raise RuntimeError(f"stream answered {len(answers)} of {len(inputs)} inputs: {done.stderr[:500]}")
        return list(answers.values())

    def account(self, text, target):
        """The losses of one input: a list of `(path, line, column, count)`; None if it was refused."""
        with tempfile.TemporaryDirectory() as folder:
            source, report = Path(folder, "input"), Path(folder, "report.json")
            source.write_text(text)
            command = [self.path, "convert", str(source), "--to", target, "--report", str(report), "-o", str(Path(folder, "out"))]
            if subprocess.run(command, capture_output=True).returncode != 0:
                return None
            losses = json.loads(report.read_text())["losses"]
        return [(loss["path"], loss["line"], loss["column"], loss["values"]) for loss in losses]

    def _run(self, *arguments):
        subprocess.run([self.path, *arguments], check=True, capture_output=True)

    def _resource(self, text):
        """A resource; the same text gives the same object, because what is changed in a message changes few of its resources."""
        if text not in self.known:
            self.known[text] = Resource(json.loads(text))
        return self.known[text]

    def _answer(self, line):
        if line["status"] == "error":
            return Answer("error", error=line["error"].get("code", ""))
        counts = {name: line.get(name, 0) for name in ("read", "translated", "structural", "lost")}
        resources = [self._resource(text) for text in line.get("resources", [])]
        return Answer(line["status"], line.get("output", ""), resources, **counts)
