//! What shape the output of a run has, as the command line names it.

use std::str::FromStr;

/// The shape of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The tree of the input: a file for each message.
    Files,
    /// NDJSON files, each with resources of one type, as a FHIR bulk import takes them.
    Ndjson,
    /// A FHIR bundle for each message, in numbered folders of a thousand.
    BundlePerFile,
}

impl Layout {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Ndjson => "ndjson",
            Self::BundlePerFile => "bundle-per-file",
        }
    }
}

impl FromStr for Layout {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Files, Self::Ndjson, Self::BundlePerFile];
        all.into_iter()
            .find(|layout| layout.name() == name)
            .ok_or("no such layout; choose files, ndjson or bundle-per-file")
    }
}

/// How NDJSON files are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    #[default]
    Plain,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

impl Packing {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What it puts behind the name of a file.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }
}

impl FromStr for Packing {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Plain, Self::Gzip, Self::Zstd];
        all.into_iter().find(|packing| packing.name() == name).ok_or("no such packing; choose none, gzip or zstd")
    }
}
