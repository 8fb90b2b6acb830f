"""Are the messages that we write legal, and where one is not, was it told? Judged by the published rules and schema.

    python3 -B .ci/legal BINARY [--count N] [--keep FOLDER] [--show N] [--way NAME ...]

Each finding of the validator must stand at a place of the message of which the command told that it demands something
there which the source lacks (`missing` in the report: the line of the message). A sample must have no finding at all.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import ways

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / 'shared'
VALIDATOR = SHARED / 'tools' / 'hl7v3-validate' / 'run'
KINDS = ['kernset-2.3']


def findings(folder):
    """What the published rules find in each message, by the name of the file."""
    done = subprocess.run([VALIDATOR, '--json', folder], capture_output=True, text=True)
    found = {}
    for result in json.loads(done.stdout):
        kept = [finding for finding in result['findings'] if finding['severity'] in ('error', 'undefined')]
        found[pathlib.Path(result['file']).stem] = kept
    return found


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
    every = {
        'fixture': lambda: ways.fixtures(workshop, REPOSITORY),
        'sample': lambda: ways.samples(workshop, KINDS, given.count),
        'published': lambda: ways.published(workshop, reference, KINDS),
        'drawn': lambda: ways.drawn(workshop, reference, given.count * 5 // 2),
        'foreign': lambda: ways.foreign(workshop, reference),
    }
    for name, way in every.items():
        if not given.way or name in given.way:
            way()
    for source, status, last in workshop.refused[:10]:
        print(f'refused ({status}): {source}: {last}')
    found = findings(workshop.folder / 'messages')
    tally = collections.Counter()
    shapes, untold = collections.Counter(), collections.Counter()
    for name, own in sorted(found.items()):
        way = name.split('--')[0]
        told = {entry.get('line') for entry in ways.told(workshop, name)}
        tally[way, 'legal' if not own else 'not'] += 1
        for finding in own:
            shapes[way, shape(finding)] += 1
            if finding['line'] not in told:
                untold[way, shape(finding)] += 1
    print('\nuntold findings:')
    for (way, text), count in untold.most_common(given.show):
        print(f'{count:5} {way}: {text}')
    for way in sorted({way for way, _ in tally}):
        own = sum(count for (of, _), count in untold.items() if of == way)
        every_one = sum(count for (of, _), count in shapes.items() if of == way)
        print(f'{way}: {tally[way, "legal"]} legal, {tally[way, "not"]} not; {every_one} findings, of which {own} untold')
    return 1 if any(way != 'source' for way, _ in untold) else 0


if __name__ == '__main__':
    sys.exit(main())
