//! `ooievaar query`.

use clap::{Args, ValueEnum};
use ooievaar::query::{self, Known, Parameters, Plan};
use ooievaar::tables::Source;

use super::{Exit, Failure, Tables, files, library, say};

/// Print the searches on a FHIR server that fetch what a kind of message can hold
///
/// They follow from the mapping tables: first the woman, then what refers to her (her record among it), then what refers to the
/// record, then what these refer to. A search by a code may find more than the concept: the code may be that of others too. What they fetch is one case: hand all of it to `convert`, in as many files as it came.
/// Nothing is sent to anybody.
#[derive(Debug, Args)]
pub struct Query {
    /// The kind of message that the answers are to be written as
    #[arg(long, value_name = "KIND")]
    message: String,
    /// The woman: her id on the server, or an identifier (SYSTEM|VALUE)
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// Her record: the id on the server of the `EpisodeOfCare` of this pregnancy
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Only what holds this concept, or the concepts within it [default: all of the kind]
    #[arg(long = "concept", value_name = "NUMBER")]
    concepts: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value = "plan")]
    form: Form,
    #[command(flatten)]
    tables: Tables,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// Steps in JSON, for a program to follow
    Plan,
    /// Addresses below that of the server, a line each. What is not known yet stands in square brackets: `[patient]` and `[record]`
    /// are ids, `[Practitioner]` the id of each resource of that type that was found. What is to be read besides is told
    Url,
    /// A Bundle of type batch, with the searches that can be done with what is known
    Bundle,
}

impl Query {
    pub fn run(self) -> Result<Exit, Failure> {
        let converter = library::converter(self.tables.tables.as_deref())?;
        let kind = converter.kind(&self.message).map_err(|error| Failure::of_wish(&error))?;
        let source = self.tables.tables.map_or(Source::Embedded, Source::Folder);
        let parameters = Parameters::load(&source).map_err(|fault| Failure::new(Exit::Tables, fault.to_string()))?;
        let find = |number: &String| {
            let unknown = || format!("--concept {number}: {} has no such concept; see its concepts.csv", kind.name);
            kind.dataset.find(number).ok_or_else(|| Failure::new(Exit::Usage, unknown()))
        };
        let concepts = self.concepts.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let plan = kind.fhir.as_ref().and_then(|fhir| Plan::of(fhir, &kind.dataset, &parameters, &concepts));
        let Some(plan) = plan else {
            let message =
                format!("{}: the tables have no place in FHIR for that, so that nothing can be searched", kind.name);
            return Err(Failure::new(Exit::Usage, message));
        };
        let known = Known::new(&plan, self.patient.as_deref(), self.record.as_deref())
            .map_err(|no_id| Failure::new(Exit::Usage, format!("--patient or --record: {no_id}")))?;
        let text = match self.form {
            Form::Plan => format!("{:#}\n", query::json(&plan, &known, &kind.dataset)),
            Form::Url => {
                let reads: Vec<String> =
                    plan.reads.iter().map(|read| format!("{}.{}", read.from, read.element)).collect();
                if !reads.is_empty() {
                    say(format_args!("note: read at the end what these refer to: {}", reads.join(", ")));
                }
                query::urls(&plan, &known)
            }
            Form::Bundle => {
                let batch = query::batch(&plan, &known);
                let done = batch["entry"].as_array().map_or(0, Vec::len);
                let rest = plan.searches.len() + 1 - done;
                if rest > 0 {
                    say(format_args!("note: {rest} searches have to wait for --patient ID or --record ID"));
                }
                format!("{batch:#}\n")
            }
        };
        files::print(text.as_bytes())?;
        Ok(Exit::Done)
    }
}
