"""HL7v3 messages: whose a value is, and whether it is said, denied, doubted, meant or withdrawn.

Of the standard this file knows only what every HL7v3 message has: acts (elements with a `moodCode`), the attributes and
children that turn an act around, and the role CHILD. It knows no template and no table.
"""

import xml.etree.ElementTree as ET
from collections import Counter

from spelling import found_in

V3 = "{urn:hl7-org:v3}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
ET.register_namespace("", V3[1:-1])

# ActStatus: what makes an act that did not happen, or no longer counts.
WITHDRAWN = ("nullified", "aborted", "cancelled", "held")

# Elements that hold what is said, apart from the code of the act itself.
VALUES = ("value", "methodCode", "targetSiteCode", "effectiveTime", "low", "high", "text", "birthTime", "deceasedInd",
          "deceasedTime", "ethnicGroupCode", "id", "time", "postalCode", "name")


def local(element):
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


class Message:
    """A message as a tree that knows its parents."""

    def __init__(self, text):
        self.root = ET.fromstring(text)
        self.parents = {child: parent for parent in self.root.iter() for child in parent}
        self.standings = None

    def text(self):
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(self.root, encoding="unicode")

    def upwards(self, element):
        """The element, what holds it, and so on to the root."""
        while element is not None:
            yield element
            element = self.parents.get(element)

    def acts(self):
        """Every act, of which the record itself is the first."""
        record = next((e for e in self.root.iter() if local(e) == "CareProvisionEvent"), self.root)
        return [element for element in record.iter() if "moodCode" in element.attrib]

    def standing(self, element):
        """How what stands at `element` is said: `asserted`, or the way in which it is not."""
        if self.standings is None:
            self.standings = dict(self._standings())
        return self.standings[element]

    def _standings(self):
        """The standing of every element, which it has from what holds it."""
        todo = [(self.root, "asserted", False)]
        while todo:
            element, outer, answered_no = todo.pop()
            act = "moodCode" in element.attrib
            # What is within an act of which the answer is no stands under that no.
            own = outer if outer not in ("asserted", "doubted") else "denied" if act and answered_no else turned(element) or outer
            yield element, own
            answered_no = not answers_yes(element, True) if act else answered_no
            todo += ((child, own, answered_no) for child in element)

    def children(self):
        """The nodes of children, in their order: acts of which the subject is a CHILD."""
        return [act for act in self.acts() if child_of(act) is not None]

    def child_node(self, element):
        """The node of the child that `element` is about; None if it is about the woman."""
        return next((holder for holder in self.upwards(element) if child_of(holder) is not None), None)

    def path(self, element):
        """The path that a report gives to an element."""
        steps = []
        for holder in self.upwards(element):
            parent = self.parents.get(holder)
            if parent is None:
                steps.append(local(holder))
            else:
                same = [child for child in parent if child.tag == holder.tag]
                steps.append(f"{local(holder)}[{same.index(holder) + 1}]")
        return "/" + "/".join(reversed(steps))

    def claims(self, doubted=True):
        """What the message says to be so, counted: of whom, in which acts, what. What it doubts is among it, unless `doubted`
        is false."""
        found = Counter()
        counting = ("asserted", "doubted") if doubted else ("asserted",)
        todo = [(self.root, "woman", ())]
        while todo:
            element, person, context = todo.pop()
            if child_of(element) is not None:
                person = person_of(element)
            code = element.find(V3 + "code") if "moodCode" in element.attrib else None
            if code is not None:
                context = (code.get("code", ""), *context)
            if self.standing(element) in counting:
                said = ("yes", "") if answers_yes(element) else (local(element), value_of(element)) if local(element) in VALUES else ("", "")
                if said[0] == "yes" or said[1]:
                    found[(person, context, *said)] += 1
            todo += ((child, person, context) for child in element)
        return found


def turned(element):
    """How an element turns around what it holds; None if it does not."""
    if element.get("negationInd") == "true":
        return "denied"
    if element.get("nullFlavor") and ("classCode" in element.attrib or "typeCode" in element.attrib):
        return "unknown"
    if element.get("moodCode", "EVN") != "EVN":
        return "intended"
    status, certainty = element.find(V3 + "statusCode"), element.find(V3 + "uncertaintyCode")
    if status is not None and status.get("code") in WITHDRAWN:
        return "withdrawn"
    return "doubted" if certainty is not None and certainty.get("code") == "U" else None


def person_of(node):
    """A name for the child of a node, which does not depend on the order of nodes."""
    born = child_of(node).find(V3 + "birthTime")
    return "child " + ("" if born is None else born.get("value", ""))


def child_of(act):
    """The person node of the child that is the subject of an act, if it is one."""
    if "moodCode" not in act.attrib:
        return None
    for relation in act.findall(f"{V3}subject/{V3}personalRelationship"):
        code = relation.find(V3 + "code")
        if code is not None and code.get("code") == "CHILD":
            return relation.find(V3 + "relationshipHolder")
    return None


def value_of(element):
    """What a value says, as text; empty when it says nothing, or no."""
    if element.get("nullFlavor", "OTH") != "OTH" or element.get("value") == "false":
        return ""
    said = [element.get(name, "") for name in ("code", "codeSystem", "value", "unit", "extension", "nullFlavor")]
    return "|".join(said + [(element.text or "").strip()]).strip("|")


def answers_yes(element, container=False):
    """Whether an act, by being there, says that its code is so; of what holds others only if `container` is true."""
    if "moodCode" not in element.attrib or element.find(V3 + "code") is None:
        return container
    if not container and (element.get("classCode") == "CONTAINER" or child_of(element) is not None):
        return False
    values = element.findall(V3 + "value")
    return all(value.get("nullFlavor", "OTH") == "OTH" and value.get("value") != "false" for value in values)


def marked(message):
    """Where markers stand in a message: for each, the elements that hold it."""
    places = {}
    for element in message.root.iter():
        for piece in (*element.attrib.values(), element.text or ""):
            for mark in found_in(piece):
                places.setdefault(mark, []).append(element)
    return places


def leaves(text):
    """How many values an XML document holds: attributes and texts that are not blank."""
    root = ET.fromstring(text)
    count = 0
    for element in root.iter():
        count += len(element.attrib)
        count += sum(1 for piece in [element.text, *(child.tail for child in element)] if piece and piece.strip())
    return count
