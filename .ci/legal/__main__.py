"""Are the messages that we write legal, and where one is not, was it told? Judged by the published rules and schema.

    python3 -B .ci/legal BINARY [--count N] [--keep FOLDER] [--show N] [--way NAME ...]

Each finding of the validator must stand at a place of the message of which the command told that it demands something
there which the source lacks (`missing` in the report: the line of the message). A rule stands at the element that it is
about, or at one around it: what is told counts if it stands in the element of the finding, at most so many steps inside.
A sample must have no finding at all.
"""
import argparse
import collections
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.parsers.expat

import ways

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / 'shared'
VALIDATOR = SHARED / 'tools' / 'hl7v3-validate' / 'run'
STEPS = 3
WRAPPERS = ('component', 'outboundRelationship', 'pertinentInformation3')


def kinds():
    """The kinds of message that the tables write and that have published rules."""
    with open(VALIDATOR.parent / 'kinds.csv', encoding='utf-8') as table:
        ruled = {row[0] for row in csv.reader(table) if row}
    written = {skeleton.parent.name for skeleton in (REPOSITORY / 'mappings' / 'messages').glob('*/skeleton.xml')}
    for kind in sorted(written - ruled):
        print(f'not judged, no rules are at hand: {kind}')
    return sorted(written & ruled)


def findings(folder):
    """What the published rules find in each message, by the name of the file."""
    done = subprocess.run([VALIDATOR, '--json', folder], capture_output=True, text=True)
    found = {}
    for result in json.loads(done.stdout):
        kept = [finding for finding in result['findings'] if finding['severity'] in ('error', 'undefined')]
        found[pathlib.Path(result['file']).stem] = kept
    return found


def elements(message):
    """The elements of a message: first and last line, and depth."""
    found, around = [], []
    parser = xml.parsers.expat.ParserCreate()

    def start(name, attributes):
        around.append(len(found))
        found.append([parser.CurrentLineNumber, 0, len(around)])

    def end(name):
        found[around.pop()][1] = parser.CurrentLineNumber

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(message, True)
    return found


def is_told(line, told, every, steps):
    """True if something is told of the element on a line, or of one that is so many steps inside."""
    own = [element for element in every if element[0] == line]
    if line in told or not own:
        return line in told
    first, last, depth = own[0]
    inside = [element for element in every if first <= element[0] <= last and depth <= element[2] <= depth + steps]
    return any(element[0] in told for element in inside)


def steps(finding):
    """How far inside the element of a finding what it is about may stand: as far as the path that it names leads."""
    own = finding['path'].rstrip('/').split('/')[-1].split('[')[0]
    named = re.search(rf'/{own}/((?:\w+/)*\w+)', finding['text'])
    # What holds one node is no step of its own.
    within = STEPS + (own in WRAPPERS)
    return max(within, len(named[1].split('/'))) if named else within


def shape(finding):
    """A finding without what differs from message to message."""
    text = re.sub(r"rule-reference.*|see .*", '', finding['text'])
    text = re.sub(r"\\[\\d+\\]", '', text)
    path = re.sub(r'\[\d+\]', '', finding['path']).split('/')
    return '/'.join(path[-3:]) + ' :: ' + re.sub(r"(?:\d+\.){5,}\d+", 'OID', text)[:170]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('product')
    arguments.add_argument('--count', type=int, default=200)
    arguments.add_argument('--keep')
    arguments.add_argument('--show', type=int, default=40)
    arguments.add_argument('--way', action='append')
    given = arguments.parse_args()
    reference = SHARED / 'reference'
    if not VALIDATOR.exists() or not reference.is_dir():
        print('skipped: reference data not present')
        return 0
    product = pathlib.Path(given.product).resolve()
    folder = given.keep or tempfile.mkdtemp()
    workshop = ways.Workshop(product, folder)
    judged = kinds()
    print('judged:', ', '.join(judged))
    every = {
        'fixture': lambda: ways.fixtures(workshop, REPOSITORY, judged),
        'sample': lambda: ways.samples(workshop, judged, given.count),
        'moved': lambda: ways.moved(workshop, judged, max(1, given.count // 8)),
        'published': lambda: ways.published(workshop, reference, judged),
        'drawn': lambda: ways.drawn(workshop, reference, judged, given.count * 5 // 2),
        'foreign': lambda: ways.foreign(workshop, reference),
    }
    for name, way in every.items():
        if not given.way or name in given.way:
            way()
    for source, status, last in workshop.refused[:10]:
        print(f'refused ({status}): {source}: {last}')
    found = findings(workshop.folder / 'messages')
    (workshop.folder / 'findings.json').write_text(json.dumps(found, indent=1), encoding='utf-8')
    tally = collections.Counter()
    shapes, untold = collections.Counter(), collections.Counter()
    for name, own in sorted(found.items()):
        way = name.split('--')[0]
        told = {entry.get('line') for entry in ways.told(workshop, name)}
        tally[way, 'legal' if not own else 'not'] += 1
        every = elements((workshop.folder / 'messages' / f'{name}.xml').read_bytes()) if own else []
        for finding in own:
            shapes[way, shape(finding)] += 1
            if not is_told(finding['line'], told, every, steps(finding)):
                untold[way, shape(finding)] += 1
    print('\nuntold findings:')
    for (way, text), count in untold.most_common(given.show):
        print(f'{count:5} {way}: {text}')
    for way in sorted({way for way, _ in tally}):
        own = sum(count for (of, _), count in untold.items() if of == way)
        every_one = sum(count for (of, _), count in shapes.items() if of == way)
        print(f'{way}: {tally[way, "legal"]} legal, {tally[way, "not"]} not; {every_one} findings, of which {own} untold')
    unknown = [(way, text) for way, text in untold if way != 'source' and not is_known(way, text)]
    print(f'untold and not known: {len(unknown)} shapes')
    return 1 if unknown else 0


def is_known(way, text):
    """Whether an untold finding is one of known.txt: any other is a fault."""
    lines = (pathlib.Path(__file__).parent / 'known.txt').read_text(encoding='utf-8').splitlines()
    known = [line.split('\t') for line in lines if line and not line.startswith('#')]
    return any(way == of and part in text for of, part in known)


if __name__ == '__main__':
    sys.exit(main())
