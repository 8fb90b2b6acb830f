"""A real FHIR server and the command, for the checks of .ci that need them. It is no part of this repository."""

import json
import os
import pathlib
import queue
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = ROOT.parent / "shared/tools/fhir-server/run"
FIXTURES = ROOT / "fixtures"
KINDS = sorted(path.name for path in (ROOT / "mappings/messages").iterdir())
V3 = "{urn:hl7-org:v3}"
ET.register_namespace("", "urn:hl7-org:v3")
ET.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")

RECORD = "2.16.840.1.113883.2.4.3.11.999.77.4"
LOCAL = "2.16.840.1.113883.2.4.3.11.999.77.5"
MESSAGE = "2.16.840.1.113883.2.4.3.11.999.77.1"
BSN = "2.16.840.1.113883.2.4.6.3"
# What tells the cases of this run from those of an earlier one, if the server was there already.
RUN = os.getpid()
# Numbers of organisations: one that is in two messages is one resource of both.
ORGANIZATIONS = ["2.16.840.1.113883.2.4.3.22.96.6", "2.16.840.1.113883.2.4.6.1"]


def message(name, **numbers):
    """A fixture, with these numbers in place of its own, and organisations that are in no other message of this run."""
    tree = ET.parse(FIXTURES / f"{name}.xml").getroot()
    for own in tree.iter(V3 + "id"):
        for root, value in [(RECORD, "record"), (LOCAL, "local"), (MESSAGE, "message"), (BSN, "bsn")]:
            if own.get("root") == root and value in numbers:
                own.set("extension", numbers[value])
        if own.get("root") in ORGANIZATIONS:
            own.set("extension", f"{numbers['record']}.{own.get('extension')}")
    return tree


class Converter:
    def __init__(self, program, folder):
        self.program, self.folder, self.count = program, pathlib.Path(folder), 0

    def write(self, tree):
        self.count += 1
        file = self.folder / f"{self.count}.xml"
        file.write_bytes(ET.tostring(tree, "UTF-8"))
        return file

    def bundle(self, file, *options):
        """The path of the bundle of a message."""
        out = self.folder / f"{file.stem}-{len(options)}.json"
        command = [self.program, "convert", file, "--to", "fhir-json", "--compact", "-o", out, *options]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
        return out


# --- The server.

class Server:
    def __init__(self, base):
        self.base, self.types = base, set()

    def request(self, path="", body=None):
        headers = {"Accept": "application/fhir+json", "Cache-Control": "no-cache"}
        if body is not None:
            headers["Content-Type"] = "application/fhir+json"
        request = urllib.request.Request(self.base + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            sys.exit(f"the server refuses {path or 'the bundle'}: {error.code}\n{error.read().decode()[:2000]}")

    def load(self, file):
        content = file.read_bytes()
        self.request(body=content)
        return [entry["request"]["method"] for entry in json.loads(content)["entry"]].count("DELETE")

    def counts(self, *files):
        """How many resources of each type there are, of the types that bundles have up to now, these among them."""
        for file in files:
            entries = json.loads(file.read_bytes())["entry"]
            self.types.update(entry["request"]["url"].split("/")[0] for entry in entries)
        counted = {kind: self.request(f"/{kind}?_summary=count")["total"] for kind in sorted(self.types)}
        return {kind: count for kind, count in counted.items() if count}

    def growth(self, before):
        """What there is more than before, by type."""
        now = self.counts()
        more = {kind: count - before.get(kind, 0) for kind, count in now.items()}
        return {kind: count for kind, count in more.items() if count}


def start():
    """Starts the server; gives its process and its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(["bash", TOOL, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = queue.Queue()

    def listen(stream, is_answer):
        for line in stream:
            lines.put((is_answer, line.strip()))
        lines.put((True, None))

    for stream, is_answer in [(process.stdout, True), (process.stderr, False)]:
        threading.Thread(target=listen, args=(stream, is_answer), daemon=True).start()
    said = []
    while True:
        try:
            is_answer, line = lines.get(timeout=900)
        except queue.Empty:
            line, is_answer = None, True
        if is_answer and line and line.startswith("ready "):
            return process, line.split()[1]
        if is_answer and line is None:
            process.kill()
            sys.exit("the server did not start\n" + "\n".join(said[-20:]))
        said.append(line)
