"""Promise 2 within one person: what stands together stays together, and what stands apart is not mixed.

Each act that says several things is said twice, the second time with markers of its own. Where the standard has room for one, the
second must be lost as a whole or stand as a second: no resource may hold something of the one beside something of the other, as
the date of the first feeding with the milk of the second.
"""

import copy

from bundle import HOLDERS, marks, named
from markers import plant
from message import Message


def check(product, source, text, verdict):
    """Says each act twice."""
    message = Message(text)
    alone, *_ = product.convert([_planted(message).text()], "fhir-json")
    if alone.refused:
        return
    cases = []
    for number, act in enumerate(message.acts()):
        if act is not message.root and number:
            twice, first, second = said_twice(text, number)
            if len(first) > 1:
                cases.append((message.path(act), twice, first, second))
    answers = product.convert([twice for _, twice, _, _ in cases], "fhir-json")
    for (place, twice, first, second), answer in zip(cases, answers):
        verdict.seen["acts said twice"] += 1
        if not answer.refused:
            verdict.judge("together", source, place, twice, mixed(first, second, answer.resources))


def _planted(message):
    copied = Message(message.text())
    plant(copied, codes=True)
    return copied


def said_twice(text, number):
    """The message with one act, and the relation that holds it, said twice; and the markers of the one and of the other."""
    message = Message(text)
    act = message.acts()[number]
    gone = act
    while len(message.parents[gone]) == 1 and "moodCode" not in message.parents[gone].attrib:
        gone = message.parents[gone]
    holder = message.parents[gone]
    again = copy.deepcopy(gone)
    holder.insert(list(holder).index(gone) + 1, again)
    twice = Message(message.text())
    planted = plant(twice, codes=True)
    gone, again = (twice.acts()[n] for n in (number, number + len([e for e in gone.iter() if "moodCode" in e.attrib])))
    return twice.text(), *({planted[e] for e in one.iter() if e in planted} for one in (gone, again))


def mixed(first, second, resources):
    """The resources that hold something of both."""
    broken = []
    for resource in resources:
        if resource["resourceType"] in HOLDERS:
            continue
        held = set(marks(resource))
        if held & first and held & second:
            broken.append(f"{resource['resourceType']} {named(resource)} holds {', '.join(sorted(held & first))} of the first and {', '.join(sorted(held & second))} of the second")
    return broken
