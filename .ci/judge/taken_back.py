"""Promise 1 again: nothing is asserted that the source denies, doubts or withdraws. From FHIR to a message.

Each resource of a bundle is turned around in each way that its type has, and the message is judged as in `denied`: no value of
the resource stands in an act that asserts it, and the message asserts no more than when the resource is not there.
"""

import copy
import json
from collections import Counter

from bundle import HOLDERS, Bundle, as_bundle, marks, named
from markers import plant
from message import Message, marked
from spelling import found_in

ERROR = ("status", "entered-in-error")
TURNS = {
    "Condition": [("verificationStatus", v) for v in ("refuted", "entered-in-error", "unknown", "provisional", "differential")],
    "Observation": [("status", "registered"), ("status", "cancelled"), ERROR],
    "Procedure": [("notDone", True), ("status", "preparation"), ("status", "suspended"), ("status", "aborted"), ERROR],
    "MedicationStatement": [("taken", "n"), ("taken", "unk"), ("taken", "na"), ("status", "intended"), ERROR],
    "MedicationAdministration": [("notGiven", True), ERROR],
    "ReferralRequest": [("status", "draft"), ("status", "cancelled"), ERROR],
    "Encounter": [("status", "planned"), ("status", "cancelled"), ERROR],
    "EpisodeOfCare": [("status", "planned"), ("status", "waitlist"), ("status", "cancelled"), ERROR],
    "ClinicalImpression": [ERROR],
    "CareTeam": [("status", "proposed"), ERROR],
}


def check(product, source, text, verdict):
    """Turns each resource around that the message becomes, with the codes of the message and with planted codes."""
    for codes in (False, True):
        message = Message(text)
        plant(message, codes)
        answer, *_ = product.convert([message.text()], "fhir-json")
        if not answer.refused:
            check_bundle(product, source + (" (codes planted)" if codes else ""), answer.resources, verdict)


def check_bundle(product, source, resources, verdict):
    """Turns each resource of a bundle around."""
    bundle = Bundle(resources)
    cases = []
    for at, resource in enumerate(resources):
        turned = [(turn, _text(resources, at, changed(resource, *turn))) for turn in TURNS.get(resource["resourceType"], ()) if resource.get(turn[0]) != turn[1]]
        cases.append((resource, _text(resources, at, None), turned))
    inputs = [text for _, without, turned in cases for text in (without, *(text for _, text in turned))]
    answers = iter(product.convert(inputs, "hl7v3"))
    count = Counter(mark for resource in resources for mark in set(marks(resource)))
    for resource, _, turned in cases:
        without = next(answers)
        own = {mark for mark in marks(resource) if count[mark] == 1}
        # Without a resource to which others refer these say less too, so what is left is no measure of it.
        alone = all(r["resourceType"] in HOLDERS for r in bundle.referrers[resource["id"]])
        for (element, value), text in turned:
            answer = next(answers)
            verdict.seen["resources turned around"] += 1
            verdict.seen["of these refused"] += answer.refused
            doubt = value in ("provisional", "differential")
            broken = asserted(answer, without if alone else None, own, doubt)
            verdict.judge("taken-back", source, f"{resource['resourceType']} {named(resource)} {element}={value}", text, broken)


def asserted(answer, without, own, doubt):
    """What the message asserts of a resource's `own` markers, and beyond the message without it."""
    # The same message as without the resource asserts no more than that.
    if answer.refused or (without is not None and answer.output == without.output):
        return []
    own = own.intersection(found_in(answer.output))
    if not own and without is None:
        return []
    message = Message(answer.output)
    places = marked(message)
    wrong = ("asserted",) if doubt else ("asserted", "doubted")
    broken = []
    for mark in sorted(own.intersection(places)):
        holders = [place for place in places[mark] if message.standing(place) in wrong]
        if holders:
            broken.append(f"{mark} stands in {message.path(holders[0])}, which is asserted")
    if not broken and without is not None and not without.refused:
        more = message.claims(not doubt) - Message(without.output).claims(not doubt)
        broken = [f"{'/'.join(context)} asserts {name} {value} of the {person}" for person, context, name, value in more]
    return broken


def changed(resource, element, value):
    """A copy of a resource with another value in an element."""
    copied = copy.deepcopy(resource)
    copied[element] = value
    copied.pop("_" + element, None)
    return copied


def _text(resources, at, other):
    """The bundle with another resource in one place, or without it."""
    return json.dumps(as_bundle(resources[:at] + ([other] if other else []) + resources[at + 1 :]))
