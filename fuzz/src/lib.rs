//! What the fuzz targets share: the converter, what must hold of any input, and documents to begin with.

pub mod edits;
pub mod seed;
pub mod sheets;

use std::sync::LazyLock;

use ooievaar::convert::MessageKind;
use ooievaar::dataset::Instance;
use ooievaar::generate::{Choice, Generator};
use ooievaar::tree::{Limits, parse_json};
use ooievaar::{Converter, Format, Written};
use roxmltree::Node;

const FHIR: &str = "http://hl7.org/fhir";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Elements of FHIR XML in which a resource stands.
const HOLD_A_RESOURCE: [&str; 2] = ["resource", "contained"];

/// With the built-in tables.
pub static CONVERTER: LazyLock<Converter> =
    LazyLock::new(|| Converter::new().expect("the built-in tables are sound").with_indent(false));

/// A kind of message, and what draws cases of it.
pub struct Subject {
    pub kind: &'static MessageKind,
    generator: Generator<'static>,
    /// Where FHIR could be of several kinds, it is of this one.
    converter: Converter,
}

/// Every kind of message that the tables know.
static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let kinds = CONVERTER.kinds().expect("the built-in tables are sound").into_iter();
    let subject = |kind: &'static MessageKind| Subject {
        kind,
        generator: Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), kind.fhir.as_deref()),
        converter: CONVERTER.clone().with_message(&kind.name).expect("the tables have the kind"),
    };
    kinds.map(subject).collect()
});

/// How many instances are drawn, once, of one kind after the other.
pub const DRAWN: u64 = 64;

/// The leaves of each instance that is drawn, with its kind. To draw takes longer than to convert.
static CHOICES: LazyLock<Vec<(&'static Subject, Vec<Choice>)>> = LazyLock::new(|| {
    let drawn = (0..DRAWN).zip(SUBJECTS.iter().cycle()).map(|(seed, subject)| (subject, subject.choices(seed)));
    drawn.filter(|(_, choices)| !choices.is_empty()).collect()
});

impl Subject {
    /// What is drawn. Of FHIR the tables have the concepts of the messages: what a transaction without one has more is told as
    /// lost, and not drawn.
    fn choices(&self, seed: u64) -> Vec<Choice> {
        let mut choices = self.generator.choices(seed);
        if let Some(plan) = &self.kind.fhir {
            let has_place = |concept| plan.fields_of(concept).iter().any(|field| !plan.field(*field).place.is_none());
            choices.retain(|choice| choice.path.last().is_some_and(|(concept, _)| has_place(*concept)));
        }
        choices
    }

    /// True if the tables have the kind in a format.
    fn has(&self, format: Format) -> bool {
        match format {
            Format::Hl7v3 => self.kind.hl7v3.is_some(),
            Format::Ada => true,
            Format::FhirJson | Format::FhirXml | Format::FhirNdjson => self.kind.fhir.is_some(),
        }
    }
}

/// A case that was drawn.
pub struct Drawn {
    subject: &'static Subject,
    instance: Instance,
}

impl Drawn {
    /// A case with some leaves of one that was drawn, in normal form.
    pub fn some(drawn: usize, leaves: impl Iterator<Item = usize>) -> Self {
        let (subject, choices) = &CHOICES[drawn % CHOICES.len()];
        let mut chosen: Vec<usize> = leaves.map(|leaf| leaf % choices.len()).collect();
        // In the order in which they were drawn, as in an instance that holds all.
        chosen.sort_unstable();
        chosen.dedup();
        let chosen: Vec<Choice> = chosen.into_iter().map(|leaf| choices[leaf].clone()).collect();
        Self { subject, instance: subject.generator.build(&chosen) }
    }

    /// The case in a format; `None` if the tables do not have its kind in it.
    pub fn written(&self, format: Format) -> Option<Written> {
        let Self { subject: Subject { kind, converter, .. }, instance } = self;
        let write = || converter.write_instance(kind, instance, format).expect("the kind has a binding");
        self.subject.has(format).then(write)
    }
}

/// Any bytes: an error or an account that adds up. What is written of them, in one format or none, can be read.
pub fn read_and_write(bytes: &[u8], format: Option<Format>) {
    let reading = match CONVERTER.read(bytes) {
        Ok(reading) => reading,
        Err(error) => {
            assert!(!error.code().is_empty(), "an error without a code");
            return;
        }
    };
    assert!(reading.ledger.is_balanced(), "the ledger of what was read does not add up");
    if let Some(leaves) = leaves(bytes, reading.format) {
        assert!(reading.ledger.total == leaves, "{} leaves of {leaves} are in the ledger", reading.ledger.total);
    }
    let Some(format) = format else { return };
    if let Ok(outcome) = CONVERTER.write(reading, format) {
        assert!(outcome.ledger.is_balanced(), "the ledger of what was written does not add up");
        // NDJSON of nothing is no line.
        if !outcome.output.is_empty() {
            // Of what was written in part, nothing clinical may be left.
            if let Err(error) = CONVERTER.read(&outcome.output)
                && error.code() != "nothing-clinical"
            {
                panic!("what was written as {format} cannot be read: {}", error.code());
            }
        }
    }
}

/// How many leaves a document has, counted apart from its account (in JSON by the parser that the reader uses); `None` if it is not one document in UTF-8.
fn leaves(bytes: &[u8], format: Format) -> Option<u32> {
    let own: fn(Node<'_, '_>) -> usize = match format {
        Format::FhirJson => return parse_json(bytes, &Limits::default()).ok().map(|(_, leaves)| leaves),
        Format::FhirNdjson => {
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            return lines.map(|line| leaves(line, Format::FhirJson)).sum();
        }
        Format::FhirXml => leaves_of_fhir,
        Format::Hl7v3 | Format::Ada => |node| node.attributes().len() + usize::from(is_content(node)),
    };
    let document = roxmltree::Document::parse(std::str::from_utf8(bytes).ok()?).ok()?;
    // What is around a message is not counted.
    let is_enveloped =
        format == Format::Hl7v3 && !CONVERTER.begins_message(document.root_element().tag_name().name(), true);
    if is_enveloped {
        return None;
    }
    u32::try_from(document.descendants().map(own).sum::<usize>()).ok()
}

fn is_content(node: Node<'_, '_>) -> bool {
    node.is_text() && node.text().is_some_and(|text| !text.trim().is_empty())
}

/// A narrative is one leaf, and so is the name of a resource. Where a schema is is none.
fn leaves_of_fhir(node: Node<'_, '_>) -> usize {
    let is_narrative = |node: Node<'_, '_>| node.tag_name().namespace() == Some("http://www.w3.org/1999/xhtml");
    if node.ancestors().skip(1).any(is_narrative) {
        return 0;
    }
    if is_narrative(node) {
        return 1;
    }
    let name = node.tag_name();
    let is_capital = name.name().starts_with(|first: char| first.is_ascii_uppercase());
    let is_resource = match node.parent_element().map(|parent| parent.tag_name().name()) {
        Some(parent) => is_capital && name.namespace() == Some(FHIR) && HOLD_A_RESOURCE.contains(&parent),
        None => node.is_element(),
    };
    let attributes = node.attributes().filter(|attribute| attribute.namespace() != Some(XSI)).count();
    attributes + usize::from(is_content(node)) + usize::from(is_resource)
}

/// A case in normal form: each format that its kind has gives it back.
pub fn there_and_back(drawn: &Drawn, format: Format) {
    let Some(Written { output: bytes, unwritten, missing }) = drawn.written(format) else { return };
    let Drawn { subject: Subject { kind, generator, converter }, instance } = drawn;
    assert!(unwritten.is_empty(), "{format} has no place for something");
    let reading = match converter.read(&bytes) {
        // What says only who, where and how it was sent is refused.
        Err(error) if error.code() == "nothing-clinical" && !instance.holds_clinical(&kind.dataset) => return,
        other => other.expect("what was written can be read"),
    };
    assert!(reading.ledger.is_balanced() && reading.ledger.lost_leaves() == 0, "{format} loses something");
    // FHIR that names no kind may be read as another, which holds as much of it.
    let moved = reading.instance.moved(reading.dataset(), &kind.dataset);
    let again = if reading.message() == kind.name { reading.instance } else { moved.instance };
    assert!(again == generator.filled(instance, &missing), "{format} gives something else back");
}

/// What an input of a reader is.
pub enum Input<'b> {
    /// A document, byte for byte.
    Document(&'b [u8]),
    /// Which document to edit, whether to write what is read of it, and the script of edits.
    Edits(usize, bool, &'b [u8]),
}

/// What an input of a reader is: bytes that begin as a document does are one.
pub fn input(bytes: &[u8]) -> Input<'_> {
    match bytes {
        [] | [b'<' | b'{' | b'[' | b' ' | b'\n' | 0xef | 0xfe | 0xff, ..] | [_] => Input::Document(bytes),
        // To write and to read again takes four times as long, and finds less often.
        [which, written, script @ ..] => Input::Edits(usize::from(*which), written % 8 == 0, script),
    }
}
