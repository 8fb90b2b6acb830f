"""Promise 1: nothing is asserted that the source denies, doubts, intends or withdraws. From a message to FHIR.

Each act of a message is turned around, in each way that HL7v3 has, and what comes out is judged twice:
- by markers: no resource asserts a value that stands within the act;
- by comparison: what the bundle asserts is no more than what it asserts when the act is not there at all.
The second needs no notion of what a code means, so it holds for a yes, for a code that was translated, for anything.
"""

import xml.etree.ElementTree as ET
from contextlib import ExitStack, contextmanager

from bundle import Bundle, marks, named
from markers import plant
from message import V3, WITHDRAWN, Message

# How many times several acts of a message are turned around at once.
SEVERAL = 10


@contextmanager
def attribute(message, act, name, value):
    """The act with an attribute, for a while; `None` takes it away."""
    before = act.attrib.copy()
    if value is None:
        act.attrib.pop(name)
    else:
        act.set(name, value)
    yield
    act.attrib.clear()
    act.attrib.update(before)


@contextmanager
def child(message, act, name, code):
    """The act with a child that holds a code, for a while, where the schema has it: behind the code, the text and the status."""
    old = [one for one in act if one.tag == V3 + name]
    position = max((n + 1 for n, one in enumerate(act) if one.tag.rpartition("}")[2] in ("templateId", "id", "code", "text")), default=0)
    before = list(act)
    for one in old:
        act.remove(one)
        position -= 1
    new = ET.Element(V3 + name, {"code": code} | ({"codeSystem": "2.16.840.1.113883.5.1053"} if name == "uncertaintyCode" else {}))
    act.insert(position, new)
    yield
    act[:] = before


@contextmanager
def deleted(message, act):
    """The message without the act, and without the relation that holds nothing else. Of an act that is the whole message
    only the shell is left."""
    if act is message.root:
        before = list(act)
        act[:] = []
        yield
        act[:] = before
        return
    gone, holder = act, message.parents[act]
    while len(holder) == 1 and "moodCode" not in holder.attrib:
        gone, holder = holder, message.parents[holder]
    position = list(holder).index(gone)
    holder.remove(gone)
    yield
    holder.insert(position, gone)


def turns(message, act, draw):
    """The ways to turn an act around: a name, and the change. Of statuses and moods one is drawn."""
    yield "negationInd=true", attribute(message, act, "negationInd", "true")
    yield "nullFlavor", attribute(message, act, "nullFlavor", draw.choice(("UNK", "NI", "ASKU", "NA")))
    # Some acts are asked for to begin with: that turns nothing around.
    mood = draw.choice([mood for mood in ("INT", "RQO", "GOL", "PRMS") if mood != act.get("moodCode")])
    yield "moodCode=" + mood, attribute(message, act, "moodCode", mood)
    status = draw.choice(WITHDRAWN)
    yield "statusCode=" + status, child(message, act, "statusCode", status)
    yield "uncertaintyCode=U", child(message, act, "uncertaintyCode", "U")
    relation = message.parents.get(act)
    if relation is not None and "typeCode" in relation.attrib and len(relation) == 1:
        yield "relation negationInd=true", attribute(message, relation, "negationInd", "true")


def check(product, source, text, draw, verdict):
    """Turns each act of a message around, with its codes and with planted codes."""
    for codes in (False, True):
        message = Message(text)
        planted = plant(message, codes)
        name = source + (" (codes planted)" if codes else "")
        _turn_each(product, name, message, planted, draw, verdict)
        _turn_several(product, name, message, planted, draw, verdict)


def _turn_each(product, source, message, planted, draw, verdict):
    # The record itself comes first: of a message that is withdrawn as a whole nothing at all may be asserted.
    cases = []
    for act in message.acts():
        with_act = [(name, _with(message, change)) for name, change in turns(message, act, draw)]
        cases.append((act, _with(message, deleted(message, act)), with_act))
    inputs = [text for _, without, turned in cases for text in (without, *(text for _, text in turned))]
    answers = iter(product.convert(inputs, "fhir-json"))
    for act, _, turned in cases:
        place, within = message.path(act), {planted[e] for e in act.iter() if e in planted}
        without = next(answers)
        verdict.seen["acts"] += 1
        for name, text in turned:
            answer = next(answers)
            verdict.seen["acts turned around"] += 1
            verdict.seen["of these refused"] += answer.refused
            broken = asserted(answer, without, within, name.startswith("uncertainty"))
            verdict.judge("denied", source, f"{place} {name}", text, broken)


def _turn_several(product, source, message, planted, draw, verdict):
    """Turns drawn acts around at once, two to five of them, each in a way of its own."""
    acts = message.acts()[1:]
    for _ in range(SEVERAL if len(acts) > 1 else 0):
        drawn = draw.sample(acts, min(len(acts), draw.randint(2, 5)))
        ways = [draw.choice([turn for turn in turns(message, act, draw) if not turn[0].startswith("uncertainty")]) for act in drawn]
        turned = _with(message, *(change for _, change in ways))
        without, answer = product.convert([_with(message, *(deleted(message, act) for act in drawn)), turned], "fhir-json")
        verdict.seen["several acts turned around"] += 1
        within = {planted[e] for act in drawn for e in act.iter() if e in planted}
        place = ", ".join(f"{message.path(act)} {name}" for act, (name, _) in zip(drawn, ways))
        verdict.judge("denied", source, place, turned, asserted(answer, without, within, False))


def _with(message, *changes):
    """The text of the message while it is changed."""
    with ExitStack() as stack:
        for change in changes:
            stack.enter_context(change)
        return message.text()


def asserted(answer, without, within, doubt):
    """What the answer asserts of the markers `within` the act that was turned around, and beyond the answer to the message
    without it. After a doubt it may be said as doubted."""
    if answer.refused:
        return []
    bundle = Bundle(answer.resources)
    wrong = ("asserted",) if doubt else ("asserted", "doubted")
    broken = []
    for resource in bundle.resources:
        hit = sorted(within.intersection(marks(resource)))
        if hit and bundle.standing(resource) in wrong:
            broken.append(f"{resource['resourceType']} {named(resource)} asserts {', '.join(hit)}")
    if not broken and not without.refused:
        more = bundle.claims(not doubt) - Bundle(without.resources).claims(not doubt)
        broken = [f"{kind} {'|'.join(question)} asserts {path} = {value} of the {person}" for person, kind, question, path, value in more]
    return broken


def check_silent_yes(product, source, text, verdict):
    """An act without `negationInd` says yes: taking out or putting in `negationInd="false"` changes nothing."""
    message = Message(text)
    base, *_ = product.convert([text], "fhir-json")
    cases = []
    for act in message.acts():
        if act.get("negationInd") == "false":
            cases.append((act, "negationInd=false taken out", _with(message, attribute(message, act, "negationInd", None))))
        elif "negationInd" not in act.attrib and act.find(V3 + "code") is not None:
            cases.append((act, "negationInd=false put in", _with(message, attribute(message, act, "negationInd", "false"))))
    for (act, name, changed), answer in zip(cases, product.convert([text for *_, text in cases], "fhir-json")):
        verdict.seen["silent yes"] += 1
        broken = [] if answer.resources == base.resources else [differences(base.resources, answer.resources)]
        verdict.judge("silent-yes", source, f"{message.path(act)} {name}", changed, broken)


def differences(old, new):
    """What came and what went, in short."""
    names = [sorted(f"{r['resourceType']} {named(r)}" for r in these) for these in ([r for r in old if r not in new], [r for r in new if r not in old])]
    return f"gone: {names[0] or 'nothing'}; new: {names[1] or 'nothing'}"
