"""Values that occur once: planted in a message, they tell in any output where it came from."""

import re
from datetime import date, timedelta

from message import TYPE, V3, child_of, local
from spelling import found_in

BSN = "2.16.840.1.113883.2.4.6.3"
TIMES = ("creationTime", "effectiveTime", "low", "high", "birthTime", "deceasedTime", "time")
CODED = ("methodCode", "targetSiteCode", "ethnicGroupCode")
# Roles and materials: of these the code is an answer, not a question.
CODED_WITHIN = ("playingMaterial", "manufacturedProduct", "assignedEntity", "responsibleParty", "healthCareFacility")


def plant(message, codes):
    """Replaces what a message says by markers; with `codes` its answers too. Gives the marker of each element.

    Ranks of children stay: by them a message says which child is meant.
    """
    planted = {}
    for number, element in enumerate(message.root.iter()):
        mark = _plant(message, element, number, codes)
        if mark:
            planted[element] = found_in(mark)[0]
    return planted


def _plant(message, element, number, codes):
    """Plants the marker of one element, and gives it; None where the element holds nothing that can be marked."""
    name, kind = local(element), element.get(TYPE)
    value = element.get("value", "")
    if (name in TIMES or kind == "TS") and re.match(r"\d{8}", value):
        day = (date(1930, 1, 1) + timedelta(days=number)).strftime("%Y%m%d")
        element.set("value", day + value[8:])
        return day
    if kind in ("PQ", "INT") and value and not _is_rank(message, element):
        element.set("value", str(40000 + number))
        return str(40000 + number)
    if name == "id" and element.get("extension"):
        element.set("extension", bsn(number) if element.get("root") == BSN else str(77000000 + number))
        return element.get("extension")
    if name == "postalCode" and element.text:
        element.text = f"{6000 + number % 1000} MK"
        return element.text
    if name in ("name", "city", "text") and len(element) == 0 and (element.text or "").strip():
        element.text = f"MRK{number:05} é"
        return element.text
    if codes and element.get("code") and _is_answer(message, element):
        element.set("code", str(88000000 + number))
        element.attrib.pop("displayName", None)
        return element.get("code")
    return None


def _is_answer(message, element):
    name = local(element)
    if name == "code":
        return local(message.parents[element]) in CODED_WITHIN
    return name in CODED or (name == "value" and element.get(TYPE) in ("CE", "CD", "CO"))


def _is_rank(message, element):
    """A child's own number, or that of the child to which a statement belongs."""
    act = message.parents[element]
    code = act.find(V3 + "code")
    return element.get(TYPE) == "INT" and code is not None and code.get("code") == "BirthOrderNumber"


def ranks(message):
    """The values that say the rank of each child, by the node of the child."""
    found = []
    for node in message.children():
        own = [value for value in node.iter(V3 + "value") if _is_rank(message, value)]
        found.append((node, own))
    return found


def bsn(number):
    """A citizen service number of the test range that passes the eleven-test."""
    while True:
        digits = f"9999{number % 10000:04}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1))) % 11
        if rest < 10:
            return digits + str(rest)
        number += 5000


def born(node):
    """The element that holds the moment of birth of the child of a node."""
    return child_of(node).find(V3 + "birthTime")
