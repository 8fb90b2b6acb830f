#!/usr/bin/env python3
"""Makes any number of invented messages out of the fixtures, always the same ones.

    benches/generate.py COUNT FOLDER    a file each: FOLDER/000000.xml, ...
    benches/generate.py COUNT FILE.zip  the same in one zip
    benches/generate.py COUNT FILE.ndjson  the same as frames for `ooievaar stream`

Of each hundred, 20 have several earlier pregnancies, 3 are of twins and 1 is broken, in ten different ways in turn.
BSNs come from the test range 9999xxxxx and pass the eleven-test; two messages of one number do not differ.
"""

import base64
import datetime
import json
import pathlib
import random
import re
import sys
import zipfile

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "kernset-2.3"
# Out of a hundred; the number of each says how many times, the remaining one is broken.
MIX = {"early-loss": 20, "twins": 3, "full-single": 8, "referral": 5, "null-flavours": 5, "no-wrapper": 18, "minimal": 40}
EARLIER = re.compile(r"\s*<pertinentInformation3[^>]*>\s*<organizer[^>]*>\s*<templateId root=\"[\d.]*\.901095\"/>.*?"
                     r"</organizer>\s*</pertinentInformation3>", re.S)


def bsn(number):
    """A BSN of the test range for any number: 9999 and five digits."""
    number %= 10000
    while True:
        digits = f"9999{number:04d}"
        rest = sum(int(d) * w for d, w in zip(digits, range(9, 1, -1))) % 11
        if rest < 10:
            return digits + str(rest)
        number = (number + 1) % 10000


def varied(text, number, rng):
    days = datetime.timedelta(days=rng.randrange(-2000, 300))

    def moved(match):
        day = datetime.datetime.strptime(match[2], "%Y%m%d") + days
        return match[1] + day.strftime("%Y%m%d") + match[3]

    text = re.sub(r'(value=")(20\d{6})(\d*")', moved, text)
    fresh = {}

    def renumbered(match):
        known = fresh.setdefault(match[2], bsn(rng.randrange(9000)))
        return match[1] + known + match[3]

    text = re.sub(r'(root="2\.16\.840\.1\.113883\.2\.4\.6\.3" extension=")(\d{9})(")', renumbered, text)
    # Ids of the sender's own, and of the message.
    text = re.sub(r'(root="2\.16\.840\.1\.113883\.2\.4\.3\.11\.999\.77\.[1457]" extension=")([^"]*)(")',
                  rf"\g<1>\g<2>-{number}\g<3>", text)
    weight = rng.randrange(450, 990)
    return re.sub(r'(<value xsi:type="PQ" value=")61\.30(")', rf"\g<1>{weight / 10:.2f}\g<2>", text)


def broken(text, way):
    data = text.encode()
    half = len(data) // 2
    return [
        lambda: b"",
        lambda: data[:half],
        lambda: b'<?xml version="1.0"?>\n<Letter xmlns="urn:example"><p>Geachte</p></Letter>\n',
        lambda: b"%PDF-1.4\n\x00\x01\xff\xfe\n%%EOF\n",
        lambda: data.replace(b"?>", b'?>\n<!DOCTYPE a [<!ENTITY b "c">]>', 1),
        lambda: data.replace(b"REPC_IN004014NL", b"MCCI_IN000002"),
        lambda: data[:half] + b"\xc3\x28" + data[half:],
        lambda: data.replace(b"</patient>", b"</person>", 1),
        lambda: data.replace(b"<statusCode", b"<nl:statusCode", 1).replace(b"<verifier", b"<nl:verifier", 1),
        lambda: b'{"resourceType": ',
    ][way % 10]()


def messages(count):
    texts = {name: (FIXTURES / f"{name}.xml").read_text(encoding="utf-8") for name in MIX}
    names = [name for name, share in MIX.items() for _ in range(share)]
    assert len(names) == 99
    for number in range(count):
        rng = random.Random(number)
        # Every hundred holds each in its share, in an order of its own.
        order = random.Random(f"order {number // 100}").sample(range(100), 100)
        place = order[number % 100]
        name = names[place] if place < 99 else "minimal"
        text = texts[name]
        if name == "early-loss":
            earlier = EARLIER.findall(text)
            assert len(earlier) >= 2, "the fixture has lost its earlier pregnancies"
            text = text.replace(earlier[-1], earlier[-1] + "".join(rng.choices(earlier, k=rng.randrange(3))))
        text = varied(text, number, rng)
        yield f"{number:06d}.xml", text.encode() if place < 99 else broken(text, number // 100)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    count, target = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in messages(count):
                archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 1)
    elif target.suffix == ".ndjson":
        with open(target, "w", encoding="ascii") as frames:
            for name, data in messages(count):
                frames.write(json.dumps({"id": name, "base64": base64.b64encode(data).decode()}) + "\n")
    else:
        target.mkdir(parents=True, exist_ok=True)
        for name, data in messages(count):
            (target / name).write_bytes(data)


if __name__ == "__main__":
    main()
