"""Every way into a message, with what the command told of it. A way is a name, and the files that it gives."""
import datetime
import json
import pathlib
import re
import subprocess

from ada import draw, transaction


class Workshop:
    """Where messages are written, each beside the report of its conversion."""

    def __init__(self, product, folder):
        self.product, self.folder = product, pathlib.Path(folder)
        (self.folder / 'messages').mkdir(parents=True, exist_ok=True)
        (self.folder / 'reports').mkdir(exist_ok=True)
        # What a document and a resource do not say of the sending is given beside them.
        self.sent = ['--transmission', pathlib.Path(__file__).resolve().parents[2] / 'fixtures' / 'transmission.toml']
        self.refused = []

    def convert(self, source, to, output, *more):
        sources = source if isinstance(source, list) else [source]
        report = self.folder / 'reports' / f'{output.stem}.json'
        command = [self.product, 'convert', *sources, '--to', to, '-o', output, '--report', report, *more]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode:
            self.refused.append((str(sources[0]), done.returncode, done.stderr.strip().splitlines()[-1:]))
        return done.returncode == 0

    def message(self, name, source, *more):
        """Writes a message from any input."""
        return self.convert(source, 'hl7v3', self.folder / 'messages' / f'{name}.xml', '--reference-day', '2020-07-02', *more)

    def through_fhir(self, name, source, *more):
        """Writes a message from the FHIR of a message."""
        bundle = self.folder / f'{name}.bundle.json'
        return self.convert(source, 'fhir-json', bundle) and self.message(name, bundle, *more)


def fixtures(workshop, repository, kinds):
    """Our own messages: of every kind that is judged, and those that are of a kind without lying in its folder."""
    known = {folder.name for folder in (repository / 'mappings' / 'messages').iterdir()}
    for source in sorted((repository / 'fixtures').rglob('*')):
        place = source.relative_to(repository / 'fixtures').parts
        if place[0] in ('broken', 'told') or (place[0] in known and place[0] not in kinds):
            continue
        if source.suffix in ('.xml', '.json', '.ndjson'):
            workshop.message(f'fixture--{"-".join(place[:-1])}--{source.stem}-{source.suffix[1:]}', source)


def samples(workshop, kinds, count):
    for kind in kinds:
        folder = workshop.folder / f'samples-{kind}'
        command = [workshop.product, 'sample', '--message', kind, '--count', str(count), '--seed', '1', '-o', folder]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        for source in sorted(folder.glob('**/*.xml')):
            (workshop.folder / 'messages' / f'sample--{kind}--{source.stem}.xml').write_bytes(source.read_bytes())


def moved(workshop, kinds, count):
    """A sample of one kind, written as each other."""
    for kind in kinds:
        folder = workshop.folder / f'moved-{kind}'
        command = [workshop.product, 'sample', '--message', kind, '--count', str(count), '--seed', '5', '-o', folder]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        for source in sorted(folder.glob('**/*.xml')):
            for other in kinds:
                if other != kind:
                    workshop.message(f'moved--{other}--{source.stem}', source, '--message', other)


def published(workshop, reference, kinds):
    for kind in kinds:
        for source in sorted((reference / 'messages').glob(f'{kind}*/ada/*.xml')):
            workshop.message(f'ada--{source.parent.parent.name}--{source.stem}', source, *workshop.sent)
        for source in sorted((reference / 'messages').glob(f'{kind}*/hl7v3/*.xml')):
            workshop.through_fhir(f'fhir--{source.parent.parent.name}--{source.stem}', source)
            # The sender's own message: what it breaks itself, we need not mend.
            (workshop.folder / 'messages' / f'source--{source.parent.parent.name}--{source.stem}.xml').write_bytes(source.read_bytes())


def foreign(workshop, reference):
    for case in sorted((reference / 'pwd-3.2' / 'instances').glob('*/fhir/*')):
        folder = workshop.folder / 'foreign' / case.name
        folder.mkdir(parents=True, exist_ok=True)
        for source in sorted(case.glob('*.xml')):
            text = re.sub(r'\$\{DATE, T, D, ([+-]?\d+)\}', day, source.read_text(encoding='utf-8'))
            (folder / source.name).write_text(text, encoding='utf-8')
        workshop.message(f'foreign--{case.name}', sorted(folder.iterdir()), *workshop.sent)


def day(match):
    """The published cases count from any day."""
    return str(datetime.date(2022, 1, 1) + datetime.timedelta(days=int(match[1])))


# Where the transactions of the kinds are published. That of the subset is not: it is drawn from the whole.
TRANSACTIONS = {
    'kernset-2.3': 'pwd-2.3/transactions/KernsetGeboortezorg.xml',
    'kernset-2.2': 'pwd-2.x/transactions/kernset-2.2.RetrieveTransaction.xml',
    'kernset-subset-screening-2.3': 'pwd-2.3/transactions/KernsetGeboortezorg.xml',
}


def drawn(workshop, reference, kinds, count):
    """Documents drawn from the transaction of each kind, as messages of that kind."""
    for kind in kinds:
        if kind not in TRANSACTIONS:
            print(f'not drawn, no transaction of instances is at hand: {kind}')
            continue
        root = transaction(reference / TRANSACTIONS[kind])
        folder = workshop.folder / f'drawn-{kind}'
        folder.mkdir(exist_ok=True)
        for seed in range(count):
            source = folder / f'{seed}.xml'
            source.write_text(draw(root, seed), encoding='utf-8')
            workshop.message(f'drawn--{kind}--{seed}', source, '--message', kind, *workshop.sent)


def told(workshop, name):
    """What the command told of a message: the lines of the output at which the message demands more."""
    report = workshop.folder / 'reports' / f'{name}.json'
    if not report.exists():
        return []
    return json.loads(report.read_text(encoding='utf-8')).get('missing', [])
