//! `ooievaar sample`.

use std::path::{Path, PathBuf};

use clap::Args;
use ooievaar::convert::MessageKind;
use ooievaar::dataset::Instance;
use ooievaar::generate::{Generator, Samples};
use ooievaar::tables::Source;
use ooievaar::{Converter, Error, Format, Written};

use super::{Exit, Failure, Tables, apart, files, library};

/// Make test messages about invented people
///
/// What they say is drawn by chance between plausible limits. The citizen service numbers are of the range 9999xxxxx,
/// which is given to nobody. The same seed gives the same messages, as long as tables and version are the same.
#[derive(Debug, Args)]
pub struct Sample {
    /// The kind of message: the name of its folder in the tables
    #[arg(long, value_name = "KIND")]
    message: String,
    /// How many to make
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// What decides what is drawn; message N of a seed is always the same
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The format: hl7v3, fhir-json, fhir-xml, fhir-ndjson or ada
    #[arg(long, value_name = "FORMAT", value_parser = library::format, default_value = "hl7v3")]
    to: Format,
    /// The folder to write them in; needed for more than one [default: standard output]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    tables: Tables,
}

impl Sample {
    pub fn run(self) -> Result<Exit, Failure> {
        if self.count > 1 && self.output.is_none() {
            return Err(Failure::new(Exit::Usage, "several messages need a folder; name one with -o"));
        }
        let folder = self.tables.tables.as_deref();
        let converter = library::converter(folder)?;
        let source = folder.map_or(Source::Embedded, |folder| Source::Folder(folder.to_owned()));
        let kind = kind(&converter, &self.message)?;
        let Some(message) = &kind.hl7v3 else {
            return Err(Failure::new(Exit::Usage, format!("{} has no message to draw", kind.name)));
        };
        let faulty = |error| Failure::new(Exit::Tables, error);
        let samples = Samples::load(&source, &kind.name, &kind.dataset).map_err(faulty)?;
        let generator = Generator::new(&kind.dataset, &kind.terminology, Some(message), kind.fhir.as_deref());
        apart::keep_apart(&self.tables.tables, self.output.iter().map(PathBuf::as_path))?;
        if let Some(folder) = &self.output {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::new(Exit::Output, format!("{}: {error}", folder.display())))?;
        }
        for number in 0..self.count {
            // Seeds that differ by one must not share messages.
            let seed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(number));
            let is_legal = |instance: &Instance| {
                let written = converter.write_instance(kind, instance, Format::Hl7v3);
                written.is_ok_and(|written| written.missing.is_empty() && written.unwritten.is_empty())
            };
            let instance = generator.sample_that(&samples, seed, is_legal).ok_or_else(|| {
                Failure::new(
                    Exit::Tables,
                    "samples.csv allows no sample that meets what demands.csv demands; mend one of them",
                )
            })?;
            let Written { output: text, .. } =
                converter.write_instance(kind, &instance, self.to).map_err(|error| Failure::new(Exit::Usage, error))?;
            match &self.output {
                Some(folder) => files::write(&self.file(folder, number), &text)?,
                None => files::print(&text)?,
            }
        }
        Ok(Exit::Done)
    }

    fn file(&self, folder: &Path, number: u32) -> PathBuf {
        let ending = match self.to {
            Format::FhirJson => "json",
            Format::FhirNdjson => "ndjson",
            Format::Hl7v3 | Format::FhirXml | Format::Ada => "xml",
        };
        folder.join(format!("{}-{}-{:05}.{ending}", self.message, self.seed, number + 1))
    }
}

fn kind<'k>(converter: &'k Converter, name: &str) -> Result<&'k MessageKind, Failure> {
    converter.kind(name).map_err(|error| match (&error, converter.kinds()) {
        (Error::NoSuchKind { .. }, Ok(kinds)) => {
            let messages = kinds.iter().filter(|kind| kind.hl7v3.is_some());
            let names: Vec<&str> = messages.map(|kind| kind.name.as_str()).collect();
            Failure::new(Exit::Usage, format!("no such kind of message; choose {}", names.join(" or ")))
        }
        _ => Failure::of_wish(&error),
    })
}
