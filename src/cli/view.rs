//! `ooievaar view`.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use ooievaar::view::{self, Language, SourceFile};

use super::losses::Account;
use super::{As, Bounds, Current, DayT, Exit, Failure, Tables, apart, files, library, say};

/// Make a page (or plain text) that a person can read of what a file says
///
/// One page of HTML that holds all it needs, without network or script: who it is about, what was when, all that was read in
/// the words of the standard, what was not read, and the source beside it. It derives and judges nothing. It holds patient
/// data: that is what it is for.
#[derive(Debug, Args)]
pub struct View {
    /// The file to show; - for standard input. Several files, or a folder, of FHIR resources are one case
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<PathBuf>,
    /// Where to write it; - for standard output, which is the default
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Plain text instead of a page
    #[arg(long)]
    text: bool,
    /// The language of the words around what was read. The names and labels of the standard are Dutch
    #[arg(long, value_name = "LANGUAGE", default_value = "nl", value_parser = languages())]
    lang: String,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    day: DayT,
    #[command(flatten)]
    current: Current,
    #[command(flatten)]
    kind: As,
}

/// A file without its folder: that says something of the machine, and nothing of the case.
fn called(path: &Path) -> String {
    path.file_name().map_or_else(|| files::name(path), |name| name.to_string_lossy().into_owned())
}

fn languages() -> PossibleValuesParser {
    Language::ALL.iter().map(|language| language.code()).collect::<Vec<_>>().into()
}

impl View {
    pub fn run(self) -> Result<Exit, Failure> {
        let read = self.inputs.iter().chain(&self.tables.tables);
        apart::keep_apart(read, self.output.iter().map(PathBuf::as_path))?;
        let mut result = self.view();
        files::take_earlier_away(self.output.as_deref(), &mut result);
        result
    }

    fn view(&self) -> Result<Exit, Failure> {
        let converter = self.day.of(self.bounds.of(library::converter(self.tables.tables.as_deref())?));
        let inputs = files::read_case(&self.inputs)?;
        let reading = self
            .kind
            .of(self.current.of(converter))?
            .read_case(&inputs)
            .map_err(|error| files::refused(Exit::Input, &error, &inputs))?;
        self.current.must_be_of(reading.format, &inputs)?;
        self.day.say_if_idle(reading.format);
        self.kind.say_if_idle(reading.format);
        let language = Language::from_code(&self.lang).unwrap_or_default();
        // Of several cases the others are nobody's business here.
        let is_of_one_case = self.current.case.is_none();
        let names: Vec<String> = inputs.iter().map(|input| called(&input.path)).collect();
        let sources: Vec<SourceFile<'_>> = names
            .iter()
            .zip(&inputs)
            .map(|(name, input)| SourceFile { name, bytes: &input.bytes, is_of_one_case })
            .collect();
        let show = if self.text { view::text } else { view::page };
        let shown = show(&reading, &sources, language);
        match self.output.as_deref().filter(|file| *file != Path::new("-")) {
            Some(file) => files::write(file, shown.as_bytes())?,
            None => files::print(shown.as_bytes())?,
        }
        say(format_args!("{}", Account::of_reading(&reading, &inputs).counts().trim_end()));
        Ok(Exit::Done)
    }
}
