"""What the judge found: broken promises, and how much was looked at."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Verdict:
    """Findings, as (promise, source, place, what), and counts of what was looked at. Verdicts add up."""

    keep: str = ""
    findings: list = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)
    passed: int = 0
    failed: int = 0

    def judge(self, promise, source, place, text, broken):
        """Notes the outcome of one changed input: it passed, or each of the reasons in `broken` is a finding."""
        self.passed += not broken
        self.failed += bool(broken)
        for what in dict.fromkeys(broken):
            self.findings.append((promise, source, place, what))
        if broken and self.keep:
            ending = ".json" if text.startswith("{") else ".xml"
            Path(self.keep, f"{promise}-{len(self.findings):04}-{source}{ending}").write_text(text)

    def add(self, other):
        self.findings += other.findings
        self.seen += other.seen
        self.passed += other.passed
        self.failed += other.failed
