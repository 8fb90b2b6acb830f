"""Promise 3: no value is both translated and absent.

The account of a conversion is checked against what went in and what came out: the judge counts the values of the input itself,
each marker is in the output or told as lost at its place, and none that is told as lost everywhere is in the output.
"""

import json

import bundle
import message
from bundle import as_bundle
from denied import turns
from markers import plant
from message import Message, marked
from spelling import found_in
from taken_back import TURNS, changed


def check(product, source, text, draw, times, verdict):
    """Judges the account of a message and of the bundle that it becomes, as they are and turned around `times` times."""
    for codes in (False, True):
        one = Message(text)
        plant(one, codes)
        name = source + (" (codes planted)" if codes else "")
        _check_one(product, name, "as it is", one.text(), xml_places(one), "fhir-json", verdict)
        for _ in range(times):
            act = draw.choice(one.acts())
            turn, change = draw.choice(list(turns(one, act, draw)))
            with change:
                text_now, places = one.text(), xml_places(one)
            _check_one(product, name, f"{one.path(act)} {turn}", text_now, places, "fhir-json", verdict)
        answer, *_ = product.convert([one.text()], "fhir-json")
        if not answer.refused:
            _check_bundle(product, name, answer.resources, draw, times, verdict)


def _check_bundle(product, source, resources, draw, times, verdict):
    _check_one(product, source, "back, as it is", json.dumps(as_bundle(resources)), json_places(resources), "hl7v3", verdict)
    for _ in range(times):
        at = draw.choice([n for n, r in enumerate(resources) if r["resourceType"] in TURNS])
        turn = draw.choice(TURNS[resources[at]["resourceType"]])
        now = resources[:at] + [changed(resources[at], *turn)] + resources[at + 1 :]
        place = f"{resources[at]['resourceType']} {bundle.named(resources[at])} {turn[0]}={turn[1]}"
        _check_one(product, source, place, json.dumps(as_bundle(now)), json_places(now), "hl7v3", verdict)


# So many characters behind the beginning of a value its parts stand at most: a unit, a label.
REACH = 400


def _check_one(product, source, place, text, places, target, verdict):
    """Judges the account of one conversion. `places` are the paths at which each marker stands in the input."""
    answer, *_ = product.convert([text], target)
    if answer.refused:
        return
    verdict.seen["accounts"] += 1
    verdict.seen["values counted"] += answer.read
    verdict.seen["markers followed"] += len(places)
    losses = product.account(text, target) if answer.lost else []
    output = answer.output or json.dumps(answer.resources)
    count = bundle.leaves(json.loads(text)) if target == "hl7v3" else message.leaves(text)
    verdict.judge("account", source, place, text, wrong(answer, count, places, losses, marks_of(output), text))


def wrong(answer, count, places, losses, arrived, text=""):
    """What is wrong with an account: `count` values of the `text` went in, markers stood at `places`, those that `arrived` came out."""
    broken = []
    if answer.read != count:
        broken.append(f"{answer.read} values are said to be read, {count} are there")
    if answer.translated + answer.structural + answer.lost != answer.read:
        broken.append(f"{answer.translated} + {answer.structural} + {answer.lost} is not {answer.read}")
    if losses is None:
        return broken + ["`stream` converts what `convert` refuses"]
    if sum(values for *_, values in losses) != answer.lost:
        broken.append(f"{answer.lost} are said to be lost, {sum(values for *_, values in losses)} are listed")
    told = [path for path, *_ in losses if path is not None]
    lines = text.split("\n")
    # What is lost on the way out has no path: only where in the text its value begins. Of what is only noted no value is lost.
    lost_out = [(line, column) for path, line, column, values in losses if path is None and values]
    begins = [sum(len(one) + 1 for one in lines[: line - 1]) + column - 1 for line, column in lost_out]
    for mark, paths in places.items():
        lost = [path for path in paths if any(covers(one, path) for one in told)]
        # A date is spelled otherwise in each format.
        if not lost and any(mark in found_in(text[at : at + REACH]) for at in begins):
            lost = paths
        if mark not in arrived and not lost:
            broken.append(f"{mark} at {paths[0]} is neither in the output nor told as lost")
        elif mark in arrived and len(lost) == len(paths):
            broken.append(f"{mark} at {paths[0]} is told as lost, and in the output")
    return broken


def covers(loss, path):
    """Whether what a loss names is the path, or holds it."""
    return path == loss or path.startswith((loss + "/", loss + ".", loss + "["))


def xml_places(one):
    """The paths at which each marker stands in a message."""
    found = {}
    for element in one.root.iter():
        for name, value in element.attrib.items():
            for mark in found_in(value):
                found.setdefault(mark, []).append(f"{one.path(element)}/@{name}")
        for mark in found_in(element.text or ""):
            found.setdefault(mark, []).append(one.path(element))
    return found


def json_places(resources):
    """The paths at which each marker stands in a bundle."""
    found = {}
    for at, resource in enumerate(resources):
        for path, value in _primitives(resource, f"{resource['resourceType']}[{at}]"):
            for mark in found_in(value):
                found.setdefault(mark, []).append(path)
    return found


def _primitives(node, path):
    """Paths and values of primitives that can hold a marker: no ids, which are drawn by chance."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("id", "reference"):
                yield from _primitives(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _primitives(value, f"{path}[{number}]")
    else:
        yield path, str(node)


def marks_of(output):
    """The markers in an output of either kind."""
    if output.lstrip().startswith("<"):
        return set(marked(Message(output)))
    return {mark for _, value in _primitives(json.loads(output), "") for mark in found_in(value)}
