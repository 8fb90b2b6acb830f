"""A judge of the product that shares no code and no table with it.

    python3 .ci/judge COMMAND                 judges the built command, with the fixtures of every kind and drawn messages
    python3 .ci/judge --self-test COMMAND     judges the judge: wrong outputs must be found, right ones must pass

It changes messages and bundles with its own code, has the command convert them, and reads what comes out with the XML and
JSON readers of Python. What it promises is told in the files `denied`, `taken_back`, `whose`, `together` and `account`. Every draw
follows from the seed and the name of the source, so a run can be repeated. One line is printed for each promise that is broken; the
exit code is 1 if there is one.
"""

import argparse
import os
import random
import sys
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

import account
import denied
import selftest
import taken_back
import together
import whose
from message import V3, Message
from product import Product
from verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {
    "denied": lambda product, source, text, draw, verdict: denied.check(product, source, text, draw, verdict),
    "silent-yes": lambda product, source, text, draw, verdict: denied.check_silent_yes(product, source, text, verdict),
    "taken-back": lambda product, source, text, draw, verdict: taken_back.check(product, source, text, verdict),
    "whose": lambda product, source, text, draw, verdict: whose.check(product, source, text, verdict),
    "together": lambda product, source, text, draw, verdict: together.check(product, source, text, verdict),
    "account": lambda product, source, text, draw, verdict: account.check(product, source, text, draw, 4, verdict),
}


def main():
    options = parse()
    product = Product(options.command) if options.command else None
    if options.self_test:
        return selftest.run(product)
    judged = dict(kinds(product))
    sources = [source for messages in judged.values() for source in messages]
    for seed in options.seeds if options.samples else ():
        for kind in judged:
            sources += product.samples(kind, max(1, options.samples // len(judged)), seed)
    if options.only:
        sources = [source for source in sources if options.only in source[0]]
    # The longest first, so that no process is left with it at the end.
    tasks = [(check, source, text, options) for source, text in sorted(sources, key=lambda s: -len(s[1])) for check in options.checks]
    total = Verdict()
    with Pool(options.jobs) as pool:
        for verdict in pool.imap_unordered(judge, tasks):
            total.add(verdict)
    return report(total, options.all)


def kinds(product):
    """Every kind of message that becomes FHIR, with our messages of it, each with its name. Of the other kinds it says why they are
    not judged."""
    for kind in sorted(path.name for path in (ROOT / "mappings" / "messages").iterdir()):
        texts = [(f"{kind}--{path.stem}", path.read_text()) for path in sorted((ROOT / "fixtures" / kind).glob("**/*.xml"))]
        messages = [(name, text) for name, text in texts if Message(text).root.tag.startswith(V3)]
        answers = product.convert([text for _, text in messages], "fhir-json")
        if not messages:
            print(f"not judged, there is no message of it: {kind}")
        elif all(answer.error == "no-binding" for answer in answers):
            print(f"not judged, it does not become FHIR: {kind}")
        else:
            yield kind, messages


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", help="the built command")
    parser.add_argument("--self-test", action="store_true", help="judge the judge")
    parser.add_argument("--samples", type=int, default=4, help="how many messages to draw for each seed, of all kinds together (4)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="what decides what is drawn (1)")
    parser.add_argument("--checks", nargs="+", choices=CHECKS, default=list(CHECKS), help="only these")
    parser.add_argument("--only", help="only sources with this in their name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (one for each processor)")
    parser.add_argument("--keep", default="", help="write the inputs of findings to this folder")
    parser.add_argument("--all", action="store_true", help="print every finding, not the first of each promise")
    options = parser.parse_args()
    if not options.command and not options.self_test:
        parser.error("name the built command")
    return options


def judge(task):
    """Runs one check on one source; what it draws depends on nothing else."""
    check, source, text, options = task
    verdict = Verdict(options.keep)
    CHECKS[check](Product(options.command), source, text, random.Random(f"{check} {source}"), verdict)
    return verdict


def report(total, everything):
    """Prints the findings and what was looked at; gives the exit code."""
    most, printed = sys.maxsize if everything else 25, Counter()
    for promise, source, place, what in sorted(total.findings):
        printed[promise] += 1
        if printed[promise] <= most:
            print(f"{promise}: {source}: {place}: {what}")
    for promise, count in printed.items():
        if count > most:
            print(f"{promise}: and {count - most} more")
    for name, count in sorted(total.seen.items()):
        print(f"{count:9,} {name}")
    failed = total.failed
    print(f"{total.passed} passed, {failed} failed")
    return 1 if failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
