"""How markers are spelt, so that they are found in any format."""

import re

# A day between 1930 and 1959, a number from 40000, a name, a number of eight digits, a code, a postcode, a test BSN.
PATTERN = re.compile(r"MRK\d{5}|(?<!\d)(?:77|88)\d{6}(?!\d)|(?<!\d)19[3-5]\d-?\d\d-?\d\d|(?<![\d.])4\d{4}(?![\d.-])|6\d{3} ?MK|(?<!\d)9999\d{5}(?!\d)")


def found_in(text):
    """The markers in a text, in one spelling."""
    return [mark.replace("-", "").replace(" ", "") for mark in PATTERN.findall(text)]
