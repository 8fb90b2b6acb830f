//! Reading FHIR: the resources of one input or several, and the case that they describe.

use super::choice::Bound;
use super::detect::{self, Sniffed};
use super::{Case, Converter, Error, Format, Reading};
use crate::fhir::{self, Division, Leftovers, Unclear};
use crate::ledger::Reason;
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

    /// The resources and bundles of several inputs.
    pub(super) fn trees<T: AsRef<[u8]>>(&self, inputs: &[T]) -> Result<Vec<Tree>, Error> {
        let mut resources = Resources::default();
        for input in inputs {
            self.add_input(input.as_ref(), &mut resources)?;
        }
        Ok(resources.trees)
    }

    fn add_input(&self, bytes: &[u8], resources: &mut Resources) -> Result<Format, Error> {
        let text = detect::text(bytes, &self.limits)?;
        match detect::sniff(&text, &self.limits)? {
            Sniffed::Xml(document) if self.xml_format(&document) != Some(Format::FhirXml) => Err(Error::WrongKind {
                found: "XML, but not FHIR".to_owned(),
                expected: "several inputs as one case only if all are FHIR; convert others one by one, or in one run (ooievaar batch)".to_owned(),
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
                if let Some(bound) = self.first_bound()? {
                    bound.plan.elements.set_primitives_apart(&mut tree);
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
        if let Some(bound) = self.first_bound()? {
            let systems = bound.kind.terminology.systems();
            resources.trees[before..].iter_mut().for_each(|tree| fhir::name_systems(tree, systems));
        }
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

    /// The case that resources describe, or the one of several that the caller named, as the kind that they name or that holds
    /// most of it.
    pub(super) fn read_resources(&self, resources: &Resources, format: Format) -> Result<Reading, Error> {
        match self.named(&resources.trees)? {
            Some(bound) => self.read_resources_as(&bound, resources, format),
            None => self.best(&self.bounds(format)?, |bound| self.read_resources_as(bound, resources, format)),
        }
    }

    fn read_resources_as(&self, bound: &Bound<'_>, resources: &Resources, format: Format) -> Result<Reading, Error> {
        let source = fhir::Source::of(bound.plan, &resources.trees, resources.leaves);
        match Division::of(bound.plan, &bound.kind.dataset, &bound.kind.terminology, &source) {
            None if self.case.as_ref().is_some_and(|name| !source.has(name)) => {
                Err(Error::NoSuchCase { candidates: Vec::new() })
            }
            None => self.read_source(bound, source, format),
            Some(division) => {
                let case = self.chosen(&division)?;
                let own = division.resources(case, &division.leftovers());
                self.read_source(bound, own.source(), format)
            }
        }
    }

    /// Each of the cases that resources describe, and last what belongs to none of several.
    pub(super) fn each_of_resources(
        &self,
        resources: &Resources,
        format: Format,
        give: &mut dyn FnMut(Case),
    ) -> Result<(), Error> {
        let bounds = self.bounds(format)?;
        let bound = self.bound(bounds[0])?;
        let source = fhir::Source::of(bound.plan, &resources.trees, resources.leaves);
        let Some(division) = Division::of(bound.plan, &bound.kind.dataset, &bound.kind.terminology, &source) else {
            let reading = self.read_resources(resources, format)?.with_content()?;
            give(Case { number: None, reading: Ok(reading) });
            return Ok(());
        };
        let mut leaves = 0;
        for case in 0..division.count() {
            let own = division.resources(case, &Leftovers::default());
            // What cases share is read for each of them: a sender cannot make that more than the limit either.
            leaves += u64::from(own.leaves);
            let reading = if leaves > u64::from(self.limits.nodes) {
                Err(Error::SharedTooMuch { limit: self.limits.nodes })
            } else {
                let read = |bound: &Bound<'_>| self.read_source(bound, own.source(), format);
                let read = match self.named(own.trees()) {
                    Ok(Some(bound)) => read(&bound),
                    Ok(None) => self.best(&bounds, read),
                    Err(fault) => Err(fault),
                };
                read.and_then(Reading::with_content)
            };
            give(Case { number: Some(case + 1), reading });
        }
        let resources = division.leftovers().count();
        if resources > 0 {
            give(Case { number: None, reading: Err(Error::NoCase { resources }) });
        }
        Ok(())
    }

    /// The case that the caller named, or to which the pregnancy that the caller named belongs.
    fn chosen(&self, division: &Division<'_, '_>) -> Result<usize, Error> {
        let all: Vec<usize> = (0..division.count()).collect();
        let Some(name) = self.case.as_deref().or(self.current.as_deref()) else {
            return Err(Error::WhichCase { candidates: division.names(&all) });
        };
        match division.called(name)[..] {
            [only] => Ok(only),
            [] if self.case.is_some() => Err(Error::NoSuchCase { candidates: division.names(&all) }),
            [] => Err(Error::WhichCase { candidates: division.names(&all) }),
            ref several => Err(Error::WhichCase { candidates: division.names(several) }),
        }
    }

    fn read_source(&self, bound: &Bound<'_>, source: fhir::Source<'_>, format: Format) -> Result<Reading, Error> {
        let current = self.current.as_deref();
        let Bound { kind, plan } = *bound;
        let read = fhir::extract(plan, &kind.dataset, &kind.terminology, source, current);
        let (instance, ledger, resources) = read.map_err(|Unclear { candidates, several }| {
            if several { Error::WhichCurrent { candidates } } else { Error::NoSuchCurrent { candidates } }
        })?;
        if ledger.translated == 0 && ledger.lost_leaves() > 0 {
            let is_taken_back = |reason| matches!(reason, Reason::Modifier | Reason::Narrative);
            if ledger.losses.iter().all(|loss| is_taken_back(loss.reason)) {
                return Err(Error::TakenBack { place: None });
            }
            return Err(Error::NothingRecognised { values: ledger.lost_leaves() });
        }
        Reading::of(format, kind, (instance, ledger), resources, None)
    }
}
