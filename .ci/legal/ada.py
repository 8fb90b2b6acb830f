"""ADA instances that the published transaction allows, drawn at random. Shares nothing with the product: concepts,
cardinalities and codes come from the published transaction itself."""
import random
import xml.etree.ElementTree as tree

NULL_FLAVOR = '2.16.840.1.113883.5.1008'
# The namespaces of identifiers, which the transaction tells in words only.
ROOTS = {'bsn': '2.16.840.1.113883.2.4.6.3', 'lvr': '2.16.840.1.113883.2.4.3.22.96.6', 'agb': '2.16.840.1.113883.2.4.6.1', 'other': '2.999.1'}


def transaction(path):
    """The root of the transaction that a published file holds."""
    return tree.parse(path).getroot()


def draw(root, seed, most=2):
    """An ADA document. `most` is how often what may repeat without end is there at most."""
    rng = random.Random(seed)
    # Some documents hold nearly all that may be there, others nearly nothing but what must be.
    chance = rng.choice([0.15, 0.4, 0.7, 0.95])
    document = tree.Element('adaxml')
    tree.SubElement(document, 'meta', {'status': 'new'})
    data = tree.SubElement(document, 'data')
    said = {'transactionRef': root.get('transactionId'), 'transactionEffectiveDate': root.get('transactionEffectiveDate'),
            'prefix': root.get('prefix'), 'language': 'nl-NL', 'id': f'drawn-{seed}'}
    form = tree.SubElement(data, root.get('shortName'), {name: value for name, value in said.items() if value})
    for concept in root.findall('concept'):
        occurrences(rng, chance, most, form, concept)
    return tree.tostring(document, encoding='unicode')


def occurrences(rng, chance, most, parent, concept):
    least = int(concept.get('minimumMultiplicity') or 0)
    top = concept.get('maximumMultiplicity') or '1'
    top = max(least, most) if top == '*' else int(top)
    count = least if rng.random() > chance else rng.randint(max(least, min(1, top)), max(1, min(top, most)))
    for _ in range(min(count, top)):
        element = tree.Element(concept.find('implementation').get('shortName'), {'conceptId': concept.get('id')})
        if concept.get('type') == 'group':
            for inner in concept.findall('concept'):
                occurrences(rng, chance, most, element, inner)
            if len(element) == 0:
                continue
        else:
            leaf(rng, element, concept)
        parent.append(element)


def leaf(rng, element, concept):
    domain = concept.find('valueDomain')
    limits = domain.find('property')
    limits = {} if limits is None else limits.attrib
    kind = domain.get('type')
    mandatory = concept.get('isMandatory') == 'true'
    if not mandatory and kind != 'code' and rng.random() < 0.05:
        element.set('nullFlavor', rng.choice(['UNK', 'NI']))
        return
    if kind == 'boolean':
        element.set('value', rng.choice(['true', 'false']))
    elif kind in ('count', 'quantity'):
        low, high = int(float(limits.get('minInclude', 0))), int(float(limits.get('maxInclude', 20)))
        element.set('value', str(rng.randint(low, max(low, high))))
        if limits.get('unit'):
            element.set('unit', limits['unit'])
    elif kind == 'date':
        element.set('value', f'{rng.randint(1975, 2020)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}')
    elif kind == 'datetime':
        day = f'2020-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}'
        element.set('value', day if rng.random() < 0.5 else f'{day}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00')
    elif kind in ('string', 'text'):
        element.set('value', rng.choice(['vrije tekst', 'zie brief', 'n.v.t. & <anders>']))
    elif kind == 'identifier':
        identifier(rng, element)
    elif kind == 'code':
        code(rng, element, concept, mandatory)
    else:
        raise ValueError(f'kind of value {kind}')


def identifier(rng, element):
    name = element.tag
    if 'burgerservicenummer' in name or 'bsn' in name:
        element.set('value', eleven(rng))
        element.set('root', ROOTS['bsn'])
    elif 'agb' in name:
        element.set('value', f'{rng.randint(0, 99999999):08}')
        element.set('root', ROOTS['agb'])
    elif 'zorgaanbieder' in name or 'lvr' in name:
        element.set('value', str(rng.randint(1000, 9999)))
        element.set('root', ROOTS['lvr'])
    else:
        element.set('value', str(rng.randint(10000, 99999)))
        # Published instances often have no namespace.
        if rng.random() < 0.7:
            element.set('root', ROOTS['other'])


def eleven(rng):
    """A number that passes the test of eleven and that nobody has: it begins with 9999."""
    while True:
        digits = [9, 9, 9, 9] + [rng.randint(0, 9) for _ in range(4)]
        last = sum(digit * weight for digit, weight in zip(digits, range(9, 1, -1))) % 11
        if last < 10:
            return ''.join(map(str, digits + [last]))


def code(rng, element, concept, mandatory):
    members = []
    for held in concept.findall('valueSet'):
        for member in held.iter():
            if member.tag in ('concept', 'exception') and member.get('code') and member.get('type') in ('L', 'S', None):
                members.append((member.get('code'), member.get('codeSystem'), member.get('displayName')))
    if mandatory:
        members = [member for member in members if member[1] != NULL_FLAVOR] or members
    if not members:
        element.set('nullFlavor', 'UNK')
        return
    chosen, system, display = rng.choice(members)
    element.set('code', chosen)
    element.set('codeSystem', system)
    if display:
        element.set('displayName', display)
