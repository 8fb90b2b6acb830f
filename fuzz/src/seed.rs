//! Documents that edits begin with: small ones, so that much is tried in little time, of every part of the tables.

use ooievaar::Format;
use ooievaar::tree::{Limits, Tree, parse_json};

use crate::edits::Xml;
use crate::{DRAWN, Drawn};

/// How many leaves of what was drawn are in a document.
const LEAVES: usize = 3;

/// Documents of XML.
pub fn xml(format: Format) -> Vec<Xml> {
    documents(format).into_iter().map(Xml::new).collect()
}

/// Bundles.
pub fn bundles() -> Vec<Tree> {
    let documents = documents(Format::FhirJson).into_iter();
    documents.map(|text| parse_json(text.as_bytes(), &Limits::default()).expect("it is JSON").0).collect()
}

fn documents(format: Format) -> Vec<String> {
    let drawn = (0..usize::try_from(DRAWN).unwrap_or(0)).filter_map(|drawn| {
        // Leaves that lie far from each other.
        Drawn::some(drawn, (0..LEAVES).map(|leaf| drawn + leaf * 37)).written(format)
    });
    drawn.map(|written| String::from_utf8(written.output).expect("it is UTF-8")).collect()
}
