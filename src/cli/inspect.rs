//! `ooievaar inspect`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use ooievaar::dataset::{Code, Content, Dataset, Instance, NodeIx, Value};

use super::losses::Account;
use super::{As, Bounds, Current, DayT, Exit, Failure, Tables, files, library, say};

/// Show what a file says, as a tree of the concepts of the standard with their values
///
/// This prints patient data: that is what it is for. What was not read is told on standard error, at the end.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The file to show; - for standard input. Several files, or a folder, of FHIR resources are one case
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<PathBuf>,
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

impl Inspect {
    pub fn run(self) -> Result<Exit, Failure> {
        let converter = self.day.of(self.bounds.of(library::converter(self.tables.tables.as_deref())?));
        let sources = files::read_case(&self.inputs)?;
        let reading = self
            .kind
            .of(self.current.of(converter))?
            .read_case(&sources)
            .map_err(|error| files::refused(Exit::Input, &error, &sources))?;
        self.current.must_be_of(reading.format, &sources)?;
        self.day.say_if_idle(reading.format);
        self.kind.say_if_idle(reading.format);
        files::print(tree(reading.dataset(), &reading.instance.normalized()).as_bytes())?;
        if reading.ledger.lost_leaves() > 0 {
            say(format_args!("{}", Account::of_reading(&reading, &sources).table(false).trim_end()));
        }
        Ok(Exit::Done)
    }
}

/// The instance as indented text, a line per occurrence.
fn tree(dataset: &Dataset, instance: &Instance) -> String {
    let mut text = String::new();
    below(dataset, instance, NodeIx::ROOT, 0, &mut text);
    text
}

fn below(dataset: &Dataset, instance: &Instance, parent: NodeIx, depth: usize, text: &mut String) {
    for child in instance.children(parent) {
        let node = instance.node(child);
        let _ = write!(text, "{:1$}{name}", "", depth * 2, name = dataset.get(node.concept).name);
        if let Some(content) = &node.content {
            let _ = write!(text, ": {}", one_line(&shown(content)));
        } else {
            let mut same = instance.occurrences(parent, node.concept);
            let rank = same.by_ref().take_while(|ix| *ix != child).count() + 1;
            let count = rank + same.count();
            if count > 1 {
                let _ = write!(text, " {rank} of {count}");
            }
        }
        text.push('\n');
        below(dataset, instance, child, depth + 1, text);
    }
}

/// A value as a person reads it.
pub fn shown(content: &Content) -> String {
    match content {
        Content::Value(Value::Code(code)) => shown_code(code),
        Content::Value(Value::Boolean(true)) => "ja".to_owned(),
        Content::Value(Value::Boolean(false)) => "nee".to_owned(),
        Content::Value(Value::DateTime(moment)) => moment.to_fhir(),
        Content::Value(Value::Quantity(quantity)) => {
            format!("{} {}", quantity.value, quantity.unit).trim_end().to_owned()
        }
        Content::Value(Value::Count(text) | Value::Text(text)) => text.to_string(),
        Content::Value(Value::Identifier(id)) => match id.extension.as_str() {
            "" => id.root.to_string(),
            extension => format!("{extension} ({})", id.root),
        },
        Content::Null { flavor, original_text } => match original_text {
            Some(text) => format!("[{flavor}] \"{text}\""),
            None => format!("[{flavor}]"),
        },
    }
}

fn shown_code(code: &Code) -> String {
    let label = code.display.as_deref().map_or(String::new(), |display| format!("{display} "));
    let said = code.original_text.as_deref().map_or(String::new(), |text| format!(" \"{text}\""));
    format!("{label}({} in {}){said}", code.code, code.system)
}

/// Free text may hold line breaks and terminal control codes; a tree has a line per value.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use ooievaar::dataset::{Concept, ConceptIx, Kind, NullFlavor, Origin, Quantity};

    use super::*;

    fn concept(number: &str, name: &str, kind: Kind, parent: u16, depth: u8) -> Concept {
        Concept {
            number: number.into(),
            name: name.into(),
            element: number.into(),
            kind,
            unit: "".into(),
            value_set: "".into(),
            parent: ConceptIx(parent),
            depth,
            min: 0,
            max: None,
            in_use: true,
            question: None,
            refers_to: None,
        }
    }

    #[test]
    fn a_tree_has_a_line_per_occurrence() {
        let dataset = Dataset::new(
            "test".into(),
            "1.2.3".into(),
            vec![
                concept("", "", Kind::Group, 0, 0),
                concept("1", "Prenatale controle", Kind::Group, 0, 1),
                concept("2", "Gewicht", Kind::Quantity, 1, 2),
                concept("3", "Overige aandoening", Kind::Text, 0, 1),
            ],
        );
        let mut instance = Instance::new();
        for content in [
            Content::Value(Value::Quantity(Quantity { value: "61.30".into(), unit: "kg".into() })),
            Content::Null { flavor: NullFlavor::Unknown, original_text: None },
        ] {
            let group = instance.add_group(NodeIx::ROOT, ConceptIx(1));
            instance.add_leaf(group, ConceptIx(2), content, Origin::default());
        }
        let text = Content::Value(Value::Text("twee\nregels".into()));
        instance.add_leaf(NodeIx::ROOT, ConceptIx(3), text, Origin::default());
        assert_eq!(
            tree(&dataset, &instance),
            "Prenatale controle 1 of 2\n  Gewicht: 61.30 kg\nPrenatale controle 2 of 2\n  Gewicht: [UNK]\n\
             Overige aandoening: twee regels\n"
        );
    }
}
