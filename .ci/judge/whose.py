"""Promise 2: nothing is said of a person that the source says of another.

Markers tell of whom a value is in the source: in a message by the node of the child in which it stands, in FHIR by the person
that a resource is about. Children are not compared by rank or name, which may be missing or wrong: whatever stood together
must stay together, and what stood apart apart.
"""

import copy
import json
from collections import Counter

from bundle import Bundle, as_bundle, marks, named
from markers import born, plant, ranks
from message import V3, Message, child_of, marked

SECOND_WOMAN = "11111111-2222-4333-8444-555555555555"
SECOND_BSN = "999990019"
SECOND_RECORD = "66666666-7777-4888-9999-000000000000"

# What a resource is when the second woman is its subject.
OF_SECOND = "subject is a second woman of the bundle"


def check(product, source, text, verdict):
    """Judges a message both ways, with the ranks and birth dates of its children as they are, alike, swapped and absent."""
    for name, change in ALTERED.items():
        message = Message(text)
        planted = plant(message, codes=True)
        if name != "as it is" and len(message.children()) < 2:
            continue
        change(message)
        answer, *_ = product.convert([message.text()], "fhir-json")
        verdict.seen["messages for whose"] += 1
        if not answer.refused:
            verdict.judge("whose", source, "to FHIR, " + name, message.text(), moved_to_fhir(message, planted, answer.resources))
    message = Message(text)
    planted = plant(message, codes=True)
    answer, *_ = product.convert([message.text()], "fhir-json")
    if not answer.refused:
        _check_back(product, source, message, answer.resources, verdict)
        _check_swaps(product, source, answer.resources, verdict)


def _same_ranks(message):
    for _, values in ranks(message):
        for value in values:
            value.set("value", "1")


def _swapped_ranks(message):
    nodes = ranks(message)
    for (_, values), number in zip(nodes, range(len(nodes), 0, -1)):
        for value in values:
            value.set("value", str(number))


def _no_ranks(message):
    for _, values in ranks(message):
        for value in values:
            relation = message.parents[message.parents[value]]
            message.parents[relation].remove(relation)


def _no_identity(message):
    _no_ranks(message)
    for node in message.children():
        moment = born(node)
        if moment is not None:
            moment.attrib.clear()
            moment.set("nullFlavor", "NI")
        for number in child_of(node).findall(V3 + "id"):
            child_of(node).remove(number)


ALTERED = {
    "as it is": lambda message: None,
    "all of one rank": _same_ranks,
    "ranks swapped": _swapped_ranks,
    "no ranks": _no_ranks,
    "no ranks, births and numbers": _no_identity,
}


def moved_to_fhir(message, planted, resources):
    """What the bundle says of another than the message does."""
    bundle = Bundle(resources)
    nodes = {mark: message.child_node(element) for element, mark in planted.items()}
    order = {node: number for number, node in enumerate(message.children(), 1)}
    homes, broken = {}, []
    for resource in resources:
        subject = bundle.subject(resource)
        for mark in marks(resource):
            if mark not in nodes or resource["resourceType"] == "Provenance":
                continue
            node = nodes[mark]
            if node is None:
                if subject is not None and subject is not bundle.woman():
                    broken.append(f"{mark} of the woman stands in {resource['resourceType']} {named(resource)} of a child")
                continue
            children = bundle.children_of(resource)
            if not children:
                broken.append(f"{mark} of child {order[node]} stands in {resource['resourceType']} {named(resource)} of the woman")
            for child in children:
                homes.setdefault(child, {}).setdefault(order[node], []).append((mark, resource))
    return broken + _mixed(homes)


def _mixed(homes):
    """Which markers stand with those of another child."""
    broken = []
    for parts in homes.values():
        most = max(parts, key=lambda number: len(parts[number]))
        for number, held in parts.items():
            if number != most:
                mark, resource = held[0]
                broken.append(f"{mark} of child {number} stands in {resource['resourceType']} {named(resource)} of child {most}")
    home_of = Counter(number for parts in homes.values() for number in parts)
    broken += [f"what is said of child {number} is spread over {count} children" for number, count in home_of.items() if count > 1 and not broken]
    return broken


def _check_back(product, source, original, resources, verdict):
    """Back to a message, with the ranks of children as they are, alike, swapped and absent: a value that stood in the node of
    a child stands in that of the same child."""
    children = [r for r in resources if r["resourceType"] == "Patient" and "multipleBirthInteger" in r]
    cases = {"as it is": resources}
    if len(children) > 1:
        turned = [r["multipleBirthInteger"] for r in reversed(children)]
        cases["all of one rank"] = _with_ranks(resources, children, [1] * len(children))
        cases["ranks swapped"] = _with_ranks(resources, children, turned)
        cases["no ranks"] = _with_ranks(resources, children, [None] * len(children))
    texts = [json.dumps(as_bundle(case)) for case in cases.values()]
    for name, text, answer in zip(cases, texts, product.convert(texts, "hl7v3")):
        verdict.seen["bundles for whose"] += 1
        if not answer.refused:
            verdict.judge("whose", source, "to HL7v3, " + name, text, moved_to_message(original, Message(answer.output)))


def _with_ranks(resources, children, numbers):
    new = dict(zip((child["id"] for child in children), numbers))
    changed = []
    for resource in resources:
        if resource["id"] in new:
            resource = {key: value for key, value in resource.items() if key != "multipleBirthInteger"}
            if new[resource["id"]] is not None:
                resource["multipleBirthInteger"] = new[resource["id"]]
        changed.append(resource)
    return changed


def moved_to_message(original, message):
    """What one message says of another person than the other message does."""
    before, after = marked(original), marked(message)
    homes, broken = {}, []
    for mark, places in before.items():
        old = {original.child_node(place) for place in places}
        new = {message.child_node(place) for place in after.get(mark, ())}
        if len(old) == 1 and new and (None in old) != (None in new):
            broken.append(f"{mark} of {'the woman' if None in old else 'a child'} stands in {message.path(after[mark][0])}")
        for one in old - {None}:
            homes.setdefault(one, {}).update({other: mark for other in new - {None}})
    for parts in homes.values():
        if len(parts) > 1:
            broken.append("one child is said to be several: " + ", ".join(sorted(parts.values())))
    taken = Counter(node for parts in homes.values() for node in parts)
    broken += ["several children stand in " + message.path(node) for node, count in taken.items() if count > 1]
    return broken


def _check_swaps(product, source, resources, verdict):
    """Each resource is said to be about somebody else, or of the record of somebody else."""
    bundle = Bundle(resources)
    people = [r for r in resources if r["resourceType"] == "Patient"]
    count = Counter(mark for resource in resources for mark in set(marks(resource)))
    cases = []
    for at, resource in enumerate(resources):
        own = {mark for mark in marks(resource) if count[mark] == 1}
        role = next((key for key in ("subject", "patient") if key in resource), None)
        old = bundle.subject(resource)
        if role is None or old is None or resource["resourceType"] in ("EpisodeOfCare", "Patient"):
            continue
        for name, new, extra in _others(people, old):
            changed = copy.deepcopy(resource)
            changed[role] = {"reference": new}
            cases.append((resource, name, own, bundle.resolve(new), resources[:at] + [changed] + resources[at + 1 :] + extra))
        if "context" in resource:
            changed = copy.deepcopy(resource)
            changed["context"] = {"reference": "EpisodeOfCare/" + SECOND_RECORD}
            woman, record = _second_woman(), _second_record(resources)
            cases.append((resource, "context is the record of another", own, None, resources[:at] + [changed] + resources[at + 1 :] + [woman, record]))
    texts = [json.dumps(as_bundle(case)) for *_, case in cases]
    for (resource, name, own, new, _), text, answer in zip(cases, texts, product.convert(texts, "hl7v3")):
        verdict.seen["resources given to another"] += 1
        verdict.seen["of these refused"] += answer.refused
        if not answer.refused:
            place = f"{resource['resourceType']} {named(resource)}: {name}"
            broken = []
            for case in answer.cases():
                # In the message of the second woman is only what is said of her.
                hers = SECOND_BSN in case.output
                if not (hers and name == OF_SECOND):
                    broken += kept(Message(case.output), own, None if hers else new, bundle)
            verdict.judge("whose", source, place, text, broken)


def kept(message, own, new, bundle):
    """Which of a resource's `own` markers stand with another person than the `new` one; None is nobody of the message."""
    places = marked(message)
    homes = {message.child_node(place) for mark in (marks(new) if new else ()) for place in places.get(mark, ())}
    if new is bundle.woman():
        homes = {None}
    wrong = {mark: place for mark in sorted(own) for place in places.get(mark, ()) if new is None or message.child_node(place) not in homes}
    return [f"{mark} stands in {message.path(place)}" for mark, place in wrong.items()]


def _others(people, old):
    """Who else a resource could be about: a name, a reference, and what to add to the bundle."""
    for number, person in enumerate(people, 1):
        if person is not old:
            yield f"subject is person {number} of the bundle", "Patient/" + person["id"], []
    yield OF_SECOND, "Patient/" + SECOND_WOMAN, [_second_woman()]
    yield "subject is somebody who is not there", "Patient/somebody-else", []


def _second_woman():
    return {
        "resourceType": "Patient",
        "id": SECOND_WOMAN,
        "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-Woman"]},
        "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": SECOND_BSN}],
        "birthDate": "1991-02-03",
    }


def _second_record(resources):
    record = next(copy.deepcopy(r) for r in resources if r["resourceType"] == "EpisodeOfCare")
    record.update(id=SECOND_RECORD, patient={"reference": "Patient/" + SECOND_WOMAN})
    record["identifier"] = [{"system": "urn:oid:2.16.840.1.113883.2.4.3.11.999.77.4", "value": "second"}]
    for key in ("diagnosis", "period"):
        record.pop(key, None)
    return record
