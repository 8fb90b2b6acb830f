"""FHIR STU3 resources: what they assert, and about whom. What makes a statement is that of the base specification;
no profile and no table is known here."""

import copy
from collections import Counter

from spelling import found_in

# What these hold is said by whoever refers to them.
CARRIERS = ("Organization", "Practitioner", "PractitionerRole", "Location", "Device", "Medication")

# These hold the case together: what refers to them, or they to, is not told apart by it.
HOLDERS = ("EpisodeOfCare", "Encounter", "Provenance")

# Statuses by which a resource says that it did not happen, is not meant to count, or is not known.
NOT_SO = {
    "Observation": ("registered", "cancelled", "entered-in-error"),
    "Procedure": ("preparation", "suspended", "aborted", "entered-in-error", "unknown"),
    "MedicationStatement": ("intended", "entered-in-error"),
    "MedicationAdministration": ("entered-in-error",),
    "ReferralRequest": ("draft", "cancelled", "entered-in-error"),
    "Encounter": ("planned", "cancelled", "entered-in-error"),
    "EpisodeOfCare": ("planned", "waitlist", "cancelled", "entered-in-error"),
    "ClinicalImpression": ("entered-in-error",),
    "CareTeam": ("proposed", "entered-in-error"),
}

# Codes of SNOMED that are a no by themselves: does not misuse drugs, never misused drugs.
NO = ("228367002", "228368007")

NULLS = "http://hl7.org/fhir/v3/NullFlavor"
NOT_SAID = ("id", "reference", "fullUrl", "url", "system", "display", "profile", "userSelected", "versionId", "lastUpdated",
            "resourceType", "status", "clinicalStatus", "verificationStatus", "unit", "taken", "intent")


class Resource(dict):
    """A resource that is only read: what was found in it is kept. A copy is a plain one, which may be changed."""

    def __init__(self, *content):
        super().__init__(*content)
        self.found = {}

    def __deepcopy__(self, memo):
        return copy.deepcopy(dict(self), memo)


def remembered(function):
    """What the function finds in a resource is kept with it."""

    def look(resource):
        if not isinstance(resource, Resource):
            return function(resource)
        if function not in resource.found:
            resource.found[function] = function(resource)
        return resource.found[function]

    look.__doc__ = function.__doc__
    return look


class Bundle:
    """Resources that refer to each other."""

    def __init__(self, resources):
        self.resources = resources
        self.by_id = {resource["id"]: resource for resource in resources}
        self.targets = {resource["id"]: [r for r in map(self.resolve, targets_of(resource)) if r] for resource in resources}
        self.referrers = {resource["id"]: [] for resource in resources}
        for resource in resources:
            for target in self.targets[resource["id"]]:
                self.referrers[target["id"]].append(resource)

    def resolve(self, reference):
        """The resource that a reference leads to, if it is here."""
        return self.by_id.get(reference.rpartition("/")[2].rpartition(":")[2])

    def subject(self, resource):
        """The person a resource is about; a Patient is about itself."""
        if resource["resourceType"] == "Patient":
            return resource
        own = resource.get("subject") or resource.get("patient") or {}
        return self.resolve(own.get("reference", ""))

    def woman(self):
        """The mother: the patient of the record."""
        for resource in self.resources:
            if resource["resourceType"] == "EpisodeOfCare":
                return self.subject(resource)
        return None

    def children_of(self, resource):
        """The ids of the children that a resource is about: by its subject, by what it is part of or explains, and
        else by what refers to it."""
        own = self._children(resource)
        seen, level = {resource["id"]}, [resource]
        while not own and level:
            level = [r for one in level for r in self.referrers[one["id"]] if r["id"] not in seen and r["resourceType"] not in HOLDERS]
            seen |= {r["id"] for r in level}
            own = {child for r in level for child in self._children(r)}
        return own

    def _children(self, resource):
        """The ids of the children that are the subject of a resource, or of what it refers to."""
        woman, seen, todo, children = self.woman(), set(), [resource], set()
        while todo:
            at = todo.pop()
            if at["id"] in seen or at["resourceType"] in HOLDERS:
                continue
            seen.add(at["id"])
            subject = self.subject(at)
            if subject is not None and subject is not woman:
                children.add(subject["id"])
            elif at["resourceType"] != "Patient":
                todo += self.targets[at["id"]]
        return children

    def standing(self, resource):
        """How a resource says what it says: `asserted`, `doubted` or `not so`."""
        kind = resource["resourceType"]
        if kind in CARRIERS:
            by = [self.standing(r) for r in self.referrers[resource["id"]] if r["resourceType"] not in CARRIERS]
            by += [self.standing(r) for r in self.referrers[resource["id"]] if r["resourceType"] == "PractitionerRole" != kind]
            return "asserted" if "asserted" in by else "doubted" if "doubted" in by else "not so"
        return standing(resource)

    def claims(self, doubted=True):
        """What the bundle says to be so, counted: of whom, in what, under which question, where in it, what. What it doubts
        is among it, unless `doubted` is false."""
        found = Counter()
        counting = ("asserted", "doubted") if doubted else ("asserted",)
        for resource in self.resources:
            if standing(resource) in counting:
                person = self._person(resource)
                found.update((person, *claim) for claim in claims_of(resource))
        return found

    def _person(self, resource):
        subject = self.subject(resource)
        if subject is None or subject is self.woman():
            return "woman"
        return "child " + subject.get("birthDate", "")


@remembered
def claims_of(resource):
    """What a resource says: its type, the codes of its question, where in it, and what. The code of an observation is only the
    question."""
    kind = resource["resourceType"]
    if kind in (*CARRIERS, "Provenance"):
        return []
    question = tuple(sorted(c.get("code", "") for c in codings(resource.get("code")) + codings(resource.get("category"))))
    ignored = ("code.", "category.") if kind == "Observation" else ()
    return [(kind, question, path, value) for path, value in said(resource) if not path.startswith(ignored)]


@remembered
def standing(resource):
    """How one resource, taken by itself, says what it says."""
    kind = resource["resourceType"]
    if resource.get("status") in NOT_SO.get(kind, ()):
        return "not so"
    if kind == "Condition":
        certainty = resource.get("verificationStatus", "confirmed")
        return {"confirmed": "asserted", "provisional": "doubted", "differential": "doubted"}.get(certainty, "not so")
    if kind == "Procedure" and resource.get("notDone"):
        return "not so"
    if kind == "MedicationStatement" and resource.get("taken") != "y":
        return "not so"
    if kind == "MedicationAdministration" and resource.get("notGiven"):
        return "not so"
    if kind == "Observation" and not _has_result(resource):
        return "not so"
    return "asserted"


def _has_result(observation):
    """Whether an observation has a result: a value that is neither no nor null, its own or of a component."""
    parts = [observation, *observation.get("component", [])]
    values = [value for part in parts for key, value in part.items() if key.startswith("value")]
    if values:
        return any(not is_no(value) for value in values)
    # Without any value, and without a reason for it, the observation is the finding itself.
    return not any(key in part for part in parts for key in ("dataAbsentReason", "_valueBoolean", "_valueDateTime", "_valueString", "_valueQuantity"))


def is_no(value):
    """Whether a value says no, or that nothing is known."""
    if value is False:
        return True
    return bool(codings(value)) and all(_says_nothing(coding) for coding in codings(value))


def is_empty_quantity(node):
    """A unit of nothing: the number is not known."""
    return node.get("system") == "http://unitsofmeasure.org" and "value" not in node


def _says_nothing(coding):
    """A null flavour says nothing, but OTH says that there is something else."""
    return coding.get("code") in NO or (coding.get("system") == NULLS and coding.get("code") != "OTH")


def codings(concept):
    """The codings of a CodeableConcept, or of a list of them."""
    if isinstance(concept, list):
        return [coding for one in concept for coding in codings(one)]
    return concept.get("coding", []) if isinstance(concept, dict) else []


def said(node, path=""):
    """What a resource says: pairs of a path without positions and a value. A no and a null are not said to be so."""
    if isinstance(node, dict):
        if is_no(node) or is_empty_quantity(node) or node.get("url", "").endswith(("iso21090-nullFlavor", "data-absent-reason")):
            return
        for key, value in node.items():
            if key not in NOT_SAID:
                yield from said(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for value in node:
            yield from said(value, path)
    elif node is not False:
        yield path, str(node)


@remembered
def marks(resource):
    """The markers that a resource holds."""
    return [mark for _, value in said(resource) for mark in found_in(value)]


def named(resource):
    """The codes by which a reader of findings knows a resource."""
    code = resource.get("code")
    return "|".join(c.get("code", "") for c in code.get("coding", [])) if isinstance(code, dict) else ""


@remembered
def targets_of(resource):
    """All references in a resource."""
    return list(references(resource))


def references(node):
    """All references in a part of a resource."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "reference" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def as_bundle(resources):
    """A collection of the resources, to be converted."""
    entries = [{"fullUrl": "urn:uuid:" + r["id"], "resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def leaves(node):
    """How many values a JSON document holds: its primitives."""
    if isinstance(node, dict):
        return sum(leaves(value) for value in node.values())
    if isinstance(node, list):
        return sum(leaves(value) for value in node)
    return 0 if node is None else 1
