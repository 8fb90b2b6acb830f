//! Reading FHIR: the resources of one input or several, and the case that they describe.

use super::detect::{self, Sniffed};
use super::{Converter, Error, Format, Reading};
use crate::fhir::{self, Unclear};
use crate::tree::{self, Tree};

/// Resources and bundles, as they were read.
#[derive(Default)]
pub(super) struct Resources {
    trees: Vec<Tree>,
    /// How many leaves they have.
    leaves: u32,
    /// How many bytes were read.
    bytes: usize,
}

impl Converter {
    /// The case that several inputs describe together, with the format of the first.
    pub(super) fn read_together<T: AsRef<[u8]>>(&self, inputs: &[T]) -> Result<Reading, Error> {
        let mut resources = Resources::default();
        let mut formats = Vec::with_capacity(inputs.len());
        for (at, input) in inputs.iter().enumerate() {
            let bytes = input.as_ref();
            let added = self.add_input(bytes, &mut resources);
            formats.push(added.map_err(|error| Error::Input { number: at + 1, error: Box::new(error) })?);
            resources.bytes += bytes.len();
            if resources.bytes > self.limits.bytes {
                return Err(Error::TooLarge { bytes: resources.bytes, limit: self.limits.bytes });
            }
        }
        let format = formats.first().copied().ok_or(Error::Empty)?;
        self.read_resources(&resources, format)
    }

    fn add_input(&self, bytes: &[u8], resources: &mut Resources) -> Result<Format, Error> {
        let text = detect::text(bytes, &self.limits)?;
        match detect::sniff(&text, &self.limits)? {
            Sniffed::Xml(document) if self.xml_format(&document) != Some(Format::FhirXml) => Err(Error::WrongKind {
                found: "XML, but not FHIR".to_owned(),
                expected: "several inputs as one case only if all are FHIR; convert others one by one".to_owned(),
            }),
            sniffed => self.add_resources(&sniffed, &text, resources),
        }
    }

    /// Adds the resources of an input that is FHIR.
    pub(super) fn add_resources(
        &self,
        sniffed: &Sniffed<'_>,
        text: &str,
        resources: &mut Resources,
    ) -> Result<Format, Error> {
        let before = resources.trees.len();
        let start = resources.bytes;
        let format = match sniffed {
            Sniffed::Xml(document) => {
                let (mut tree, leaves) = tree::tree_of(document, &self.limits, start, resources.leaves)
                    .map_err(|fault| Error::syntax(text, &fault))?;
                resources.leaves = leaves;
                if let Some(plan) = self.kinds.iter().find_map(|kind| kind.fhir.as_ref()) {
                    plan.elements.set_primitives_apart(&mut tree);
                }
                resources.trees.push(tree);
                Format::FhirXml
            }
            Sniffed::Json(json) => {
                self.add_json(json, text, resources)?;
                Format::FhirJson
            }
            Sniffed::Lines(lines) => {
                for line in lines.lines().filter(|line| !line.trim().is_empty()) {
                    self.add_json(line, text, resources)?;
                }
                Format::FhirNdjson
            }
        };
        if resources.trees[before..].iter().any(|tree| tree.text_at("resourceType").is_none()) {
            return Err(Error::WrongKind { found: "JSON, but no FHIR resource".to_owned(), expected: self.expected() });
        }
        Ok(format)
    }

    /// Adds a JSON value, which is a part of a text.
    fn add_json(&self, part: &str, text: &str, resources: &mut Resources) -> Result<(), Error> {
        let offset = part.as_ptr() as usize - text.as_ptr() as usize;
        let (tree, leaves) =
            tree::parse_json_at(part.as_bytes(), &self.limits, resources.bytes + offset, resources.leaves).map_err(
                |fault| Error::syntax(text, &tree::SyntaxError { position: fault.position - resources.bytes, ..fault }),
            )?;
        resources.leaves = leaves;
        resources.trees.push(tree);
        Ok(())
    }

    /// The case that resources describe.
    pub(super) fn read_resources(&self, resources: &Resources, format: Format) -> Result<Reading, Error> {
        let bound = self.kinds.iter().enumerate().find_map(|(at, kind)| Some((at, kind, kind.fhir.as_ref()?)));
        let (at, kind, plan) =
            bound.ok_or_else(|| Error::NoBinding { message: "anything".to_owned(), format: format.name() })?;
        let current = self.current_pregnancy.as_deref();
        let (trees, leaves) = (&resources.trees, resources.leaves);
        let read = fhir::extract(plan, &kind.dataset, &kind.terminology, trees, leaves, current);
        let (instance, ledger, resources) = read.map_err(|Unclear { candidates, several }| {
            if several { Error::WhichPregnancy { candidates } } else { Error::NoSuchPregnancy { candidates } }
        })?;
        if ledger.translated == 0 && ledger.lost_leaves() > 0 {
            return Err(Error::NothingRecognised { values: ledger.lost_leaves() });
        }
        Ok(self.reading(format, at, instance, ledger, resources))
    }
}
