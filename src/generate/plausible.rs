//! Instances that look like records of invented people: `messages/<kind>/samples.csv` says how often a concept is
//! there, and between what limits its values lie.

use std::collections::{HashMap, HashSet};

use fastrand::Rng;
use jiff::ToSpan as _;
use jiff::civil::{DateTime, date};

use super::{Choice, Generator, Holding, values};
use crate::dataset::{
    Code, Concept, ConceptIx, Content, Dataset, Identifier, Instance, Kind, NullFlavor, Quantity, Text, Value,
};
use crate::plan::hl7v3::Datatype;
use crate::tables::{Row, Sheet, Source, TableError};

const COLUMNS: &[&str] = &["concept", "chance", "more", "when", "form", "from", "to", "values"];
/// Chance, of a hundred, of what the transaction leaves optional and the table does not mention.
const LEAF: u8 = 30;
const GROUP: u8 = 60;
/// Days of a pregnancy.
const TERM: i64 = 280;
/// Of so many samples one is surely legal, unless the tables allow none.
const TRIES: u64 = 200;
/// The most occurrences of what has no limit.
const MOST: u16 = 4;

/// How the concepts of a message look in plausible samples.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    rows: HashMap<ConceptIx, Look>,
}

#[derive(Clone, Debug)]
struct Look {
    /// Of a hundred, that it is there.
    chance: Option<u8>,
    /// Of a hundred, that there is one more.
    more: u8,
    /// An answer that must be given: yes, or one of these codes.
    when: Option<(ConceptIx, Vec<Text>)>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// Whatever the concept may say.
    Any,
    /// A date: days before or after the day of birth.
    Day(i64, i64),
    /// A moment: minutes before or after the birth.
    Moment(i64, i64),
    /// A date: days before or after the date of another concept.
    Near(ConceptIx, i64, i64),
    /// Days of pregnancy on the date that one concept of the group says, with the due date that another says.
    Gestation(ConceptIx, ConceptIx),
    /// A number, with as many decimals as the limits, and what it grows by from one occurrence to the next.
    Number(i64, i64, u32, Option<i64>),
    /// Yes, so many times of a hundred.
    Yes(u8),
    /// The position of the group among its siblings.
    Nth,
    /// How many occurrences of a group there are, and so many more.
    Count(ConceptIx, u16),
    /// A citizen service number of the range for tests; its namespace, where the message does not fix it.
    Bsn(Text),
    /// An identifier: its namespace, and a text in which `#` is a digit.
    Identifier(Text, Text),
    /// One of these texts, or codes (`code^system`, where the place does not tell the system); `#` is a digit and `@` a capital.
    OneOf(Vec<Text>),
}

impl Samples {
    /// Reads `messages/<message>/samples.csv`. A message without one has nothing special.
    ///
    /// # Errors
    /// If it names an unknown concept, or a form or number that is none.
    pub fn load(source: &Source, message: &str, dataset: &Dataset) -> Result<Self, TableError> {
        let source = &source.laid();
        let folder = format!("messages/{message}");
        let file = format!("{folder}/samples.csv");
        if !source.list(&folder)?.contains(&file) {
            return Ok(Self::default());
        }
        let sheet = Sheet::load(source, &file, COLUMNS)?;
        let mut rows = HashMap::new();
        for row in sheet.rows() {
            let concept = find(row, "concept", row.get("concept"), dataset)?;
            if rows.insert(concept, look(row, dataset)?).is_some() {
                return Err(row.fault("concept", "occurs twice"));
            }
        }
        Ok(Self { rows })
    }

    fn of(&self, concept: ConceptIx) -> Option<&Look> {
        self.rows.get(&concept)
    }
}

fn find(row: Row<'_>, column: &str, number: &str, dataset: &Dataset) -> Result<ConceptIx, TableError> {
    dataset.find(number).ok_or_else(|| row.fault(column, "is no concept of the dataset"))
}

fn look(row: Row<'_>, dataset: &Dataset) -> Result<Look, TableError> {
    let percent = |column: &str| match row.get(column) {
        "" => Ok(None),
        text => match text.parse::<u8>() {
            Ok(percent) if percent <= 100 => Ok(Some(percent)),
            _ => Err(row.fault(column, "is no percentage")),
        },
    };
    let when = match row.get("when") {
        "" => None,
        text => {
            let (number, codes) = text.split_once('=').unwrap_or((text, ""));
            let codes = codes.split('|').filter(|code| !code.is_empty()).map(Text::from).collect();
            Some((find(row, "when", number, dataset)?, codes))
        }
    };
    Ok(Look { chance: percent("chance")?, more: percent("more")?.unwrap_or_default(), when, form: form(row, dataset)? })
}

fn form(row: Row<'_>, dataset: &Dataset) -> Result<Form, TableError> {
    let whole = |column: &str| row.get(column).parse::<i32>().map_err(|_| row.fault(column, "is no whole number"));
    let values = row.get("values");
    Ok(match row.get("form") {
        "" => Form::Any,
        "day" => Form::Day(whole("from")?.into(), whole("to")?.into()),
        "moment" => Form::Moment(whole("from")?.into(), whole("to")?.into()),
        "near" => Form::Near(find(row, "values", values, dataset)?, whole("from")?.into(), whole("to")?.into()),
        "gestation" => {
            let (date, due) =
                values.split_once(' ').ok_or_else(|| row.fault("values", "names no date and due date"))?;
            Form::Gestation(find(row, "values", date, dataset)?, find(row, "values", due, dataset)?)
        }
        "number" => {
            let places = row.get("from").split_once('.').map_or(0, |(_, places)| places.len());
            let places = u32::try_from(places).unwrap_or_default();
            let step = Some(values).filter(|values| !values.is_empty()).map(|_| "values");
            let scaled = |column: &str| {
                let digits = row.get(column).replacen('.', "", 1);
                digits.parse::<i64>().map_err(|_| row.fault(column, "is no number with as many decimals as `from`"))
            };
            Form::Number(scaled("from")?, scaled("to")?, places, step.map(scaled).transpose()?)
        }
        "yes" => Form::Yes(u8::try_from(whole("from")?).map_err(|_| row.fault("from", "is no percentage"))?),
        "nth" => Form::Nth,
        "count" => {
            let more = u16::try_from(whole("from")?).map_err(|_| row.fault("from", "is no number"))?;
            Form::Count(find(row, "values", values, dataset)?, more)
        }
        "bsn" => Form::Bsn(values.into()),
        "identifier" => {
            let (root, pattern) = values.split_once('^').ok_or_else(|| row.fault("values", "is no `root^digits`"))?;
            Form::Identifier(root.into(), pattern.into())
        }
        "one-of" => Form::OneOf(values.split('|').map(Text::from).collect()),
        _ => return Err(row.fault("form", "is no form")),
    })
}

/// What one sample is about.
struct Case<'s> {
    samples: &'s Samples,
    rng: Rng,
    birth: DateTime,
    choices: Vec<Choice>,
    /// The dates drawn, in days before or after the birth.
    days: HashMap<Vec<(ConceptIx, u16)>, i64>,
    /// The first of numbers that grow.
    firsts: HashMap<ConceptIx, i64>,
}

impl Case<'_> {
    /// The date that a concept says within the same occurrences, in days before or after the birth.
    fn day(&self, concept: ConceptIx, path: &[(ConceptIx, u16)]) -> Option<i64> {
        let is_near = |other: &[(ConceptIx, u16)]| {
            other.last().is_some_and(|(own, _)| *own == concept)
                && other.iter().zip(path).all(|(theirs, own)| own.0 != theirs.0 || own.1 == theirs.1)
        };
        let mut found: Vec<_> = self.days.iter().filter(|(other, _)| is_near(other)).collect();
        found.sort();
        found.first().map(|(_, day)| **day)
    }
}

impl Generator<'_> {
    /// Draws plausible instances until one suits, the first of them as [`Generator::sample`] does; `None` if of very many none does.
    pub fn sample_that(&self, samples: &Samples, seed: u64, suits: impl Fn(&Instance) -> bool) -> Option<Instance> {
        let seeds = (0..TRIES).map(|again| seed ^ again.wrapping_mul(0xD1B5_4A32_D192_ED03));
        seeds.map(|seed| self.sample(samples, seed)).find(suits)
    }

    /// Draws a plausible instance.
    pub fn sample(&self, samples: &Samples, seed: u64) -> Instance {
        let mut rng = Rng::with_seed(seed);
        let birth = date(2023, 1, 1).at(0, 0, 0, 0).saturating_add(rng.i64(0..730 * 24 * 60).minutes());
        let mut case = Case { samples, rng, birth, choices: Vec::new(), days: HashMap::new(), firsts: HashMap::new() };
        self.case(&mut case, &mut Vec::new(), ConceptIx::ROOT);
        let mut choices = std::mem::take(&mut case.choices);
        let answered = |choice: &Choice, (answer, codes): &(ConceptIx, Vec<Text>), all: &[Choice]| {
            let is_given = |content: &Content| match content {
                Content::Value(Value::Boolean(yes)) => *yes && codes.is_empty(),
                Content::Value(Value::Code(code)) => codes.contains(&code.code),
                _ => false,
            };
            let common = |other: &Choice| {
                // Both within the same occurrences, as far as their groups are the same.
                choice.path.iter().zip(&other.path).all(|(own, theirs)| own.0 != theirs.0 || own.1 == theirs.1)
            };
            all.iter().any(|other| {
                other.path.last().is_some_and(|(concept, _)| concept == answer)
                    && is_given(&other.content)
                    && common(other)
            })
        };
        let all = choices.clone();
        choices.retain(|choice| {
            let mut looks = choice.path.iter().filter_map(|(concept, _)| samples.of(*concept));
            looks.all(|look| look.when.as_ref().is_none_or(|answer| answered(choice, answer, &all)))
        });
        self.count(samples, &mut choices);
        self.build(&choices)
    }

    fn case(&self, case: &mut Case<'_>, path: &mut Vec<(ConceptIx, u16)>, group: ConceptIx) {
        let inside = self.dataset.concepts();
        let inside = inside.filter(|(ix, concept)| concept.parent == group && *ix != ConceptIx::ROOT && concept.in_use);
        for (ix, concept) in inside {
            let holding = self.holding(ix);
            if concept.kind != Kind::Group && holding.is_none() {
                continue;
            }
            let look = case.samples.of(ix);
            let usual = match (concept.min, concept.kind) {
                (1.., _) => 100,
                (_, Kind::Group) => GROUP,
                _ => LEAF,
            };
            let (chance, more) = look.map_or((usual, 0), |look| (look.chance.unwrap_or(usual), look.more));
            let most = concept.max.unwrap_or(MOST).min(MOST);
            let mut nth = 0;
            while nth < most && case.rng.u8(..100) < (if nth == 0 { chance } else { more }) {
                path.push((ix, nth));
                match holding {
                    Some(holding) if concept.kind != Kind::Group => {
                        let content = self.look(case, path, concept, ix, holding);
                        case.choices.push(Choice { path: path.clone().into(), content });
                    }
                    _ => self.case(case, path, ix),
                }
                path.pop();
                nth += 1;
            }
        }
    }

    fn look(
        &self,
        case: &mut Case<'_>,
        path: &[(ConceptIx, u16)],
        concept: &Concept,
        ix: ConceptIx,
        holding: &Holding,
    ) -> Content {
        let form = case.samples.of(ix).map_or(Form::Any, |look| look.form.clone());
        let rng = &mut case.rng;
        match form {
            Form::Any => self.usual(rng, concept, holding),
            Form::Day(from, to) => {
                let days = later(rng, path, from, to);
                case.days.insert(path.to_vec(), days);
                values::moment(&case.birth.saturating_add(days.days()).strftime("%Y%m%d").to_string())
            }
            Form::Moment(from, to) => {
                let moment = case.birth.saturating_add(later(rng, path, from, to).minutes());
                values::moment(&moment.strftime("%Y%m%d%H%M%S").to_string())
            }
            Form::Near(other, from, to) => {
                let days = rng.i64(from..=to.max(from));
                let days = days + case.day(other, path).unwrap_or_default();
                case.days.insert(path.to_vec(), days);
                values::moment(&case.birth.saturating_add(days.days()).strftime("%Y%m%d").to_string())
            }
            Form::Gestation(date, due) => {
                let days = case.day(date, path).unwrap_or_default() - case.day(due, path).unwrap_or_default();
                number(concept, &(TERM + days).to_string())
            }
            Form::Number(from, to, places, step) => {
                let drawn = rng.i64(from..=to.max(from));
                let nth = path.iter().map(|(_, nth)| i64::from(*nth)).max().unwrap_or_default();
                let grown = step.map(|step| *case.firsts.entry(ix).or_insert(drawn) + nth * step);
                number(concept, &decimal(grown.unwrap_or(drawn), places))
            }
            Form::Yes(percent) => Content::Value(Value::Boolean(rng.u8(..100) < percent)),
            Form::Nth => {
                let groups = path.iter().rev().skip(1);
                let nth = groups.map(|(_, nth)| *nth).max().unwrap_or_default();
                number(concept, &(nth + 1).to_string())
            }
            Form::Count(_, more) => number(concept, &more.to_string()),
            Form::Bsn(root) => {
                let root = if root.is_empty() { holding.root.clone() } else { root };
                Content::Value(Value::Identifier(Identifier { root, extension: bsn(rng) }))
            }
            Form::Identifier(root, pattern) => {
                Content::Value(Value::Identifier(Identifier { root, extension: filled(rng, &pattern) }))
            }
            Form::OneOf(texts) => {
                let chosen = rng.usize(..texts.len());
                let text = filled(rng, &texts[chosen]);
                self.named(concept, holding, text)
            }
        }
    }

    /// One of the answers of a value set, seldom one that is none.
    fn usual(&self, rng: &mut Rng, concept: &Concept, holding: &Holding) -> Content {
        let answers: Vec<Content> = match holding.datatype {
            Datatype::Bl | Datatype::Negation => return Content::Value(Value::Boolean(rng.u8(..100) < 15)),
            _ => values::all(concept, holding, self.terminology),
        };
        let known: Vec<&Content> = answers
            .iter()
            .filter(|content| match content {
                Content::Value(Value::Code(code)) => code.original_text.is_none(),
                Content::Value(_) => true,
                Content::Null { .. } => false,
            })
            .collect();
        let set = self.terminology.value_set_of(concept);
        let may_differ = set.is_some_and(|set| set.find(NullFlavor::Other.code(), NullFlavor::SYSTEM).is_some());
        if holding.original_text && may_differ && rng.u8(..100) < 2 {
            let text = Text::const_new("anders, zie toelichting");
            return Content::Null { flavor: NullFlavor::Other, original_text: Some(text) };
        }
        match known.get(rng.usize(..known.len().max(1))) {
            Some(content) => (*content).clone(),
            None => Content::Null { flavor: NullFlavor::Unknown, original_text: None },
        }
    }

    fn named(&self, concept: &Concept, holding: &Holding, text: Text) -> Content {
        if concept.kind != Kind::Code {
            return Content::Value(Value::Text(text));
        }
        let members = self.terminology.value_set_of(concept).map_or(&[][..], |set| set.members());
        members.iter().find(|member| member.code == text).map_or_else(
            || {
                let (code, system) = text.split_once('^').unwrap_or((&text, &holding.system));
                let (code, system) = (code.into(), system.into());
                Content::Value(Value::Code(Code { code, system, display: None, original_text: None }))
            },
            values::member_content,
        )
    }

    /// Fills in the numbers that say how many of something there are.
    fn count(&self, samples: &Samples, choices: &mut [Choice]) {
        let drawn: Vec<Box<[(ConceptIx, u16)]>> = choices.iter().map(|choice| choice.path.clone()).collect();
        for choice in choices {
            let Some((concept, _)) = choice.path.last() else { continue };
            if let Some(Look { form: Form::Count(group, more), .. }) = samples.of(*concept) {
                let occurrences = drawn.iter().filter_map(|path| {
                    let at = path.iter().position(|(other, _)| other == group)?;
                    Some(&path[..=at])
                });
                let count = occurrences.collect::<HashSet<_>>().len();
                choice.content = number(self.dataset.get(*concept), &(count + usize::from(*more)).to_string());
            }
        }
    }
}

/// A number between limits; the later the occurrence, the further on.
fn later(rng: &mut Rng, path: &[(ConceptIx, u16)], from: i64, to: i64) -> i64 {
    let nth = i64::from(path.iter().map(|(_, nth)| *nth).max().unwrap_or_default().min(MOST - 1));
    let step = (to - from) / i64::from(MOST);
    let start = from + nth * step;
    rng.i64(start..=(start + step).max(start))
}

fn decimal(scaled: i64, places: u32) -> String {
    if places == 0 {
        return scaled.to_string();
    }
    let unit = 10_i64.saturating_pow(places);
    format!("{}.{:0width$}", scaled / unit, scaled % unit, width = places as usize)
}

fn number(concept: &Concept, digits: &str) -> Content {
    Content::Value(match concept.kind {
        Kind::Count => Value::Count(digits.into()),
        _ => Value::Quantity(Quantity { value: digits.into(), unit: concept.unit.clone() }),
    })
}

/// A text in which each `#` has become a digit, and each `@` a capital.
fn filled(rng: &mut Rng, pattern: &str) -> Text {
    let fill = |c| match c {
        '#' => char::from(b'0' + rng.u8(..10)),
        '@' => char::from(b'A' + rng.u8(..26)),
        c => c,
    };
    pattern.chars().map(fill).collect()
}

/// A number of the range 9999xxxxx, which is given to nobody, that passes the eleven test.
fn bsn(rng: &mut Rng) -> Text {
    loop {
        let digits: Vec<u32> = [9, 9, 9, 9].into_iter().chain((0..5).map(|_| rng.u32(..10))).collect();
        let weighted: u32 = (2..=9).rev().zip(&digits).map(|(weight, digit)| weight * digit).sum();
        if weighted % 11 == digits[8] {
            return digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
        }
    }
}
