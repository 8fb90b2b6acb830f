"""The judge judged: outputs that are wrong on purpose must be found, and those that are right must pass.

Small ones are made here by hand. With a command there are liars too: they stand between the judge and the product, and turn what it
gives, or what it gets, into something false.
"""

import random
import re
from pathlib import Path

import account
import denied
import taken_back
import together
import whose

from message import Message
from product import Answer
from spelling import found_in
from verdict import Verdict

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "kernset-2.3"

MESSAGE = """<CareProvisionEvent xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" classCode="PCPR" moodCode="EVN">
 <component typeCode="COMP"><observation classCode="OBS" moodCode="EVN" {act}><code code="Q"/>{more}<value xsi:type="CE" code="88000001"/></observation></component>
 {children}</CareProvisionEvent>"""
CHILD = """<component typeCode="COMP"><procedure classCode="PROC" moodCode="EVN"><subject typeCode="SBJ"><personalRelationship classCode="PRS"><code code="CHILD"/>
 <relationshipHolder><birthTime value="{born}"/></relationshipHolder></personalRelationship></subject><outboundRelationship typeCode="COMP">
 <observation classCode="OBS" moodCode="EVN"><code code="W"/><value xsi:type="PQ" value="{weight}" unit="g"/></observation></outboundRelationship></procedure></component>"""


def message(act="", more="", children=((1, 2), (3, 4))):
    """A message with an act, and two children with a weight each."""
    nodes = [CHILD.format(born=f"1950010{born}", weight=f"4100{weight}") for born, weight in children]
    return MESSAGE.format(act=act, more=more, children="".join(nodes))


def bundle(weights=("child-1", "child-2"), **condition):
    """The same as resources; `weights` says about whom each weight is."""
    resources = [
        {"resourceType": "EpisodeOfCare", "id": "record", "status": "active", "patient": {"reference": "Patient/woman"}},
        {"resourceType": "Patient", "id": "woman"},
        {"resourceType": "Condition", "id": "c", "code": {"coding": [{"code": "88000001"}]}, "subject": {"reference": "Patient/woman"}} | condition,
    ]
    for number, (born, whose_weight) in enumerate(zip(("1950-01-01", "1950-01-03"), weights), 1):
        resources.append({"resourceType": "Patient", "id": f"child-{number}", "birthDate": born})
        weight = {"valueQuantity": {"value": 41000 + 2 * number}, "code": {"coding": [{"code": "W"}]}, "subject": {"reference": f"Patient/{whose_weight}"}}
        resources.append({"resourceType": "Observation", "id": f"w-{number}", "status": "final"} | weight)
    return resources


def answer(resources=(), output=""):
    return Answer("ok", output, list(resources))


def by_hand():
    """Cases made here: a name, what the judge says, and whether it must find something."""
    refuted, empty = {"verificationStatus": "refuted"}, answer([r for r in bundle() if r["id"] != "c"])
    for certainty, wrong in (("confirmed", True), ("provisional", True), ("refuted", False), ("unknown", False)):
        said = denied.asserted(answer(bundle(verificationStatus=certainty)), empty, {"88000001"}, False)
        yield f"a denied value in a Condition that is {certainty}", said, wrong
    yield "a doubted value in a Condition that is confirmed", denied.asserted(answer(bundle()), empty, {"88000001"}, True), True
    yield "a doubted value in a Condition that is provisional", denied.asserted(answer(bundle(verificationStatus="provisional")), empty, {"88000001"}, True), False
    yield "more than without the act", denied.asserted(answer(bundle()), empty, set(), False), True
    yield "no more than without the act", denied.asserted(answer(bundle(**refuted)), empty, set(), False), False
    done = {"resourceType": "Procedure", "id": "c", "status": "completed", "code": {"coding": [{"code": "88000001"}]}}
    for name, changed, wrong in (("done", {}, True), ("not done", {"notDone": True}, False)):
        yield f"a denied procedure that is {name}", denied.asserted(answer([done | changed]), answer(), {"88000001"}, False), wrong

    without = answer(output=message().replace("88000001", ""))
    ways = (("", "", True), ('negationInd="true"', "", False), ('nullFlavor="NI"', "", False), ('moodCode="INT"', "", False),
            ("", '<statusCode code="nullified"/>', False), ("", '<statusCode code="active"/>', True), ("", '<uncertaintyCode code="U"/>', True))
    for act, more, wrong in ways:
        text = message(act, more) if "mood" not in act else message().replace('moodCode="EVN" >', act + ">")
        yield f"a refuted value in an act with {act or more or 'nothing'}", taken_back.asserted(answer(output=text), without, {"88000001"}, False), wrong
    yield "a refuted yes", taken_back.asserted(answer(output=message()), without, set(), False), True

    source = Message(message())
    planted = {element: mark for element, mark in _planted(source)}
    yield "children as they are", whose.moved_to_fhir(source, planted, bundle()), False
    yield "one weight with the other child", whose.moved_to_fhir(source, planted, bundle(weights=("child-1", "child-1"))), True
    yield "weights swapped", whose.moved_to_fhir(source, planted, bundle(weights=("child-2", "child-1"))), True
    yield "a weight of the woman", whose.moved_to_fhir(source, planted, bundle(weights=("child-1", "woman"))), True
    yield "a condition of the child", whose.moved_to_fhir(source, planted, bundle(subject={"reference": "Patient/child-1"})), True
    yield "the same message", whose.moved_to_message(source, Message(message())), False
    yield "children in another order", whose.moved_to_message(source, Message(message(children=((3, 4), (1, 2))))), False
    yield "weights swapped in the message", whose.moved_to_message(source, Message(message(children=((1, 4), (3, 2))))), True

    yield "two acts in two resources", together.mixed({"41002"}, {"41004"}, bundle()), False
    yield "two acts in one resource", together.mixed({"41002", "41005"}, {"41004"}, bundle()[:-1] + [bundle()[-1] | {"valueString": "41005"}]), True

    counted = Answer("ok", read=3, translated=1, structural=1, lost=1)
    places, loss = {"88000001": ["/a/b[1]/@code"]}, [("/a/b[1]", 1, 1, 1)]
    yield "a marker that is lost and told", account.wrong(counted, 3, places, loss, set()), False
    yield "a marker that is neither", account.wrong(counted, 3, places, [("/a/b[10]", 1, 1, 1)], set()), True
    text = "88000001" + " " * 2 * account.REACH
    yield "a marker behind a loss without a path", account.wrong(counted, 3, places, [(None, 1, 1, 1)], set(), text), False
    far = [(None, 1, account.REACH, 1)]
    yield "a marker that a loss without a path is far from", account.wrong(counted, 3, places, far, set(), text), True
    yield "a marker that is both", account.wrong(counted, 3, places, loss, {"88000001"}), True
    yield "a value that was not counted", account.wrong(counted, 4, places, loss, set()), True
    yield "counts that do not add up", account.wrong(Answer("ok", read=3, translated=3, lost=1), 3, places, loss, set()), True


def _planted(source):
    for element in source.root.iter():
        for mark in (element.get("value", ""), element.get("code", "")):
            if mark[:2] in ("19", "41", "88"):
                yield element, mark


class Liar:
    """The product, but what it gets or gives is made false by `lie`."""

    def __init__(self, product, hear=None, tell=None):
        self.product, self.hear, self.tell = product, hear, tell

    def convert(self, inputs, target):
        answers = self.product.convert([self.hear(text) for text in inputs] if self.hear else inputs, target)
        for told in answers if self.tell else ():
            self.tell(told)
        return answers

    def account(self, text, target):
        return self.product.account(self.hear(text) if self.hear else text, target)


def deaf(*patterns):
    """Hears nothing of what the patterns match."""
    return lambda text: re.sub("|".join(patterns), "", text)


def first_child(told):
    """Says everything of the first child."""
    children = [r["id"] for r in told.resources if "multipleBirthInteger" in r]
    for resource in told.resources:
        if resource.get("subject", {}).get("reference", "").rpartition("/")[2] in children:
            resource["subject"] = {"reference": "Patient/" + children[0]}


def forgetful(told):
    """Forgets the last statement, and says nothing of it."""
    observations = [r for r in told.resources if r["resourceType"] == "Observation" and found_in(str(r.get("valueQuantity", "")))]
    if observations:
        told.resources.remove(observations[-1])


def liars(product):
    """Each liar with the check that must find it out."""
    small, answers, twins = (FIXTURES.joinpath(name).read_text() for name in ("no-wrapper.xml", "early-loss.xml", "twins.xml"))
    run = {
        "denied": lambda liar, verdict: denied.check(liar, "small", small, random.Random(1), verdict),
        "silent-yes": lambda liar, verdict: denied.check_silent_yes(liar, "answers", answers, verdict),
        "taken-back": lambda liar, verdict: taken_back.check(liar, "small", small, verdict),
        "whose": lambda liar, verdict: whose.check(liar, "twins", twins, verdict),
        "account": lambda liar, verdict: account.check(liar, "small", small, random.Random(1), 1, verdict),
    }
    yield "who does not hear a no", run["denied"], Liar(product, hear=deaf(' negationInd="true"')), "negationInd=true"
    yield "who does not hear that it is meant", run["denied"], Liar(product, hear=lambda text: re.sub('moodCode="(INT|RQO|GOL|PRMS)"', 'moodCode="EVN"', text)), "moodCode"
    yield "who does not hear that it is withdrawn", run["denied"], Liar(product, hear=deaf('<statusCode code="(?!active)[a-z]+" ?/>')), "statusCode"
    yield "who does not hear a doubt", run["denied"], Liar(product, hear=deaf("<uncertaintyCode [^>]*>")), "uncertaintyCode"
    yield "who takes silence for a no", run["silent-yes"], Liar(product, hear=_no_for_silence(answers)), "taken out"
    yield "who does not hear entered-in-error", run["taken-back"], Liar(product, hear=lambda text: re.sub('"(entered-in-error|cancelled)"', '"final"', text)), "cancelled"
    yield "who says all of the first child", run["whose"], Liar(product, tell=first_child), "to FHIR"
    yield "who forgets", run["account"], Liar(product, tell=forgetful), "as it is"


def _no_for_silence(text):
    """Where a yes is not said aloud, hears a no in its place."""
    said = text.count('negationInd="false"')
    return lambda heard: heard if heard.count('negationInd="false"') >= said else heard.replace('negationInd="false"', 'negationInd="true"')


def run(product):
    """Runs all, prints what the judge got wrong, and gives the exit code."""
    passed, wrong = 0, []
    for name, said, must in by_hand():
        if bool(said) == must:
            passed += 1
        else:
            wrong.append(f"{name}: {'not found' if must else said}")
    for name, check, liar, place in liars(product) if product else ():
        verdict = Verdict()
        check(liar, verdict)
        # What the product itself does wrong is found too; the lie must be among it.
        if any(place in finding[2] for finding in verdict.findings):
            passed += 1
        else:
            wrong.append(f"a liar {name}: not found")
    for line in wrong:
        print("self-test: " + line)
    print(f"{passed} passed, {len(wrong)} failed")
    return 1 if wrong else 0
