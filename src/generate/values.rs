//! Values drawn from everything that a concept may say, the odd and the extreme included.

use fastrand::Rng;

use super::Holding;
use crate::dataset::{Code, Concept, Content, DateTime, Identifier, Kind, NullFlavor, Quantity, Text, Value};
use crate::plan::hl7v3::Datatype;
use crate::terminology::{Member, Terminology};

/// A namespace of identifiers for test messages (OID of HL7 examples).
const NAMESPACE: &str = "2.16.840.1.113883.19.5";

/// Moments of every precision; around the changes to and from summer time in the Netherlands, the hour that
/// does not exist and the hour that occurs twice among them; at the ends of days, months and years.
pub(super) const MOMENTS: &[&str] = &[
    "1899",
    "2021",
    "202102",
    "20240229",
    "20211231",
    "2021101503",
    "202110150345",
    "20211015034500",
    "20211015034500.0",
    "20211015034500.120",
    "20211015034500.123456",
    "20210328015959",
    "20210328023000",
    "202103280230",
    "2021032802",
    "20210328030000",
    "20211031015959",
    "20211031023000",
    "20211031023000+0100",
    "20211031023000+0200",
    "2021103102",
    "20211031030000",
    "20211015034500+0000",
    "20211015034500+0530",
    "20211015034500-0930",
    "20211015034500+0200",
    "20210115034500+0100",
    "20210115034500+01",
    "20211231235959",
    "20220101000000",
    "19400516003000",
    "18500101",
];

/// Decimals whose digits matter.
pub(super) const DECIMALS: &[&str] = &[
    "0",
    "0.0",
    "6.30",
    "-1.50",
    "1000000.000",
    "0.000001",
    "3350",
    "42",
    "99999999999999999999.9900",
    ".5",
    "+08.50",
    "1.71E2",
];

/// Whole numbers at their limits.
pub(super) const COUNTS: &[&str] = &["0", "1", "2", "10", "99", "2147483647", "08", "+7"];

const TEXTS: &[&str] = &[
    "x",
    "a < b & c > d",
    "\"quoted\" 'single'",
    "first line\nsecond line",
    "with\ttab",
    "carriage\r\nreturn",
    "e\u{301} combining",
    "na\u{ef}eve caf\u{e9}",
    "\u{1f476}\u{1f3fd} baby",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{202e}rtl",
    "]]> <!-- <![CDATA[ &amp; &#10; \\u0041 \\n",
    " spaces around ",
    "two  spaces",
    "\u{a0}no-break",
    "\u{2028}separator",
    "null",
    "true",
    "0",
];

/// A text of any kind; sometimes a long one.
pub(super) fn text(rng: &mut Rng) -> Text {
    if rng.u8(..50) == 0 {
        return long_text();
    }
    one(rng, TEXTS).into()
}

fn long_text() -> Text {
    TEXTS.join(" ").repeat(20).into()
}

fn one<'t>(rng: &mut Rng, list: &[&'t str]) -> &'t str {
    list[rng.usize(..list.len())]
}

/// Draws what a concept says.
pub(super) fn draw(rng: &mut Rng, concept: &Concept, holding: &Holding, terminology: &Terminology) -> Content {
    if rng.u8(..8) == 0
        && let Some(null) = null(rng, holding)
    {
        return null;
    }
    match holding.datatype {
        Datatype::Ce | Datatype::Cd | Datatype::Co | Datatype::Cs => coded(rng, concept, holding, terminology),
        Datatype::Bl | Datatype::Negation => Content::Value(Value::Boolean(rng.bool())),
        Datatype::Presence => Content::Value(Value::Boolean(true)),
        Datatype::Ts => moment(one(rng, MOMENTS)),
        Datatype::Pq | Datatype::Int if concept.kind == Kind::Count => {
            Content::Value(Value::Count(one(rng, COUNTS).into()))
        }
        Datatype::Pq => {
            let unit = if rng.u8(..8) == 0 { Text::default() } else { concept.unit.clone() };
            Content::Value(Value::Quantity(Quantity { value: one(rng, DECIMALS).into(), unit }))
        }
        Datatype::Int => {
            Content::Value(Value::Quantity(Quantity { value: one(rng, COUNTS).into(), unit: Text::default() }))
        }
        Datatype::Ii if concept.kind == Kind::String => Content::Value(Value::Text(text(rng))),
        Datatype::Ii => Content::Value(Value::Identifier(identifier(rng, holding))),
        Datatype::St => Content::Value(Value::Text(text(rng))),
    }
}

/// Lists what a concept may say.
pub(super) fn all(concept: &Concept, holding: &Holding, terminology: &Terminology) -> Vec<Content> {
    let value = |value| Content::Value(value);
    let noted = || holding.original_text.then(|| Text::const_new("as <it> was"));
    let mut all: Vec<Content> = match holding.datatype {
        Datatype::Bl | Datatype::Negation => [true, false].map(|answer| value(Value::Boolean(answer))).into(),
        Datatype::Presence => vec![value(Value::Boolean(true))],
        Datatype::Ts => MOMENTS.iter().map(|text| moment(text)).collect(),
        Datatype::Pq | Datatype::Int if concept.kind == Kind::Count => {
            COUNTS.iter().map(|digits| value(Value::Count((*digits).into()))).collect()
        }
        Datatype::Pq | Datatype::Int => {
            let digits = if holding.datatype == Datatype::Int { COUNTS } else { DECIMALS };
            let unit = if holding.datatype == Datatype::Int { Text::default() } else { concept.unit.clone() };
            let quantity = |digits: &&str| Quantity { value: (*digits).into(), unit: unit.clone() };
            let unitless = (!unit.is_empty()).then(|| Quantity { value: "42".into(), unit: Text::default() });
            digits.iter().map(quantity).chain(unitless).map(|quantity| value(Value::Quantity(quantity))).collect()
        }
        Datatype::Ii if concept.kind != Kind::String => {
            let root = if holding.root.is_empty() { Text::const_new(NAMESPACE) } else { holding.root.clone() };
            ["0001234", "a/b?c=d&e|f#g"]
                .map(|extension| {
                    value(Value::Identifier(Identifier { root: root.clone(), extension: extension.into() }))
                })
                .into()
        }
        Datatype::Ii | Datatype::St => {
            let texts = TEXTS.iter().map(|text| Text::from(*text)).chain([long_text()]);
            texts.map(|text| value(Value::Text(text))).collect()
        }
        Datatype::Ce | Datatype::Cd | Datatype::Co | Datatype::Cs => codes(concept, holding, terminology),
    };
    if let Some(Content::Value(Value::Code(code))) = all.first().cloned()
        && let Some(text) = noted()
    {
        all.push(value(Value::Code(Code { original_text: Some(text), ..code })));
    }
    for flavor in holding.null_flavors() {
        all.push(Content::Null { flavor, original_text: None });
        all.extend(noted().map(|text| Content::Null { flavor, original_text: Some(text) }));
    }
    all.retain(|content| !matches!(content, Content::Null { flavor, .. } if !holding.holds_null(*flavor)));
    all
}

fn codes(concept: &Concept, holding: &Holding, terminology: &Terminology) -> Vec<Content> {
    let members = terminology.value_set_of(concept).map_or(&[][..], |set| set.members());
    let fitting = members.iter().filter(|member| holding.system.is_empty() || member.system == holding.system);
    let listed: Vec<Content> = fitting.map(member_content).collect();
    if listed.is_empty() {
        return vec![Content::Value(Value::Code(free_code(&mut Rng::with_seed(0), holding)))];
    }
    listed
}

fn null(rng: &mut Rng, holding: &Holding) -> Option<Content> {
    let flavors: Vec<NullFlavor> = holding.null_flavors().collect();
    let flavor = *flavors.get(rng.usize(..flavors.len().max(1)))?;
    let original_text = (holding.original_text && rng.bool()).then(|| text(rng));
    Some(Content::Null { flavor, original_text })
}

/// The moment that an HL7v3 text means. All texts here are valid; for another it is said that it is invalid.
pub(super) fn moment(text: &str) -> Content {
    match DateTime::from_hl7(text) {
        Ok(moment) => Content::Value(Value::DateTime(moment)),
        Err(_) => Content::Null { flavor: NullFlavor::Invalid, original_text: None },
    }
}

fn coded(rng: &mut Rng, concept: &Concept, holding: &Holding, terminology: &Terminology) -> Content {
    let members = terminology.value_set_of(concept).map_or(&[][..], |set| set.members());
    let fitting: Vec<&Member> =
        members.iter().filter(|member| holding.system.is_empty() || member.system == holding.system).collect();
    if holding.original_text && rng.u8(..10) == 0 && holding.holds_null(NullFlavor::Other) {
        return Content::Null { flavor: NullFlavor::Other, original_text: Some(text(rng)) };
    }
    let drawn = fitting.get(rng.usize(..fitting.len().max(1))).map(|member| member_content(member));
    let mut content = match drawn {
        Some(Content::Null { flavor, .. }) if !holding.holds_null(flavor) => fitting
            .iter()
            .map(|member| member_content(member))
            .find(Content::is_stated)
            .unwrap_or_else(|| Content::Value(Value::Code(free_code(rng, holding)))),
        Some(content) => content,
        None => Content::Value(Value::Code(free_code(rng, holding))),
    };
    if let Content::Value(Value::Code(code)) = &mut content {
        if rng.bool() || holding.datatype == Datatype::Cs {
            code.display = None;
        }
        if holding.original_text && rng.u8(..4) == 0 {
            code.original_text = Some(text(rng));
        }
    }
    content
}

/// A member of a value set as content; one of the null flavours is no answer.
pub(super) fn member_content(member: &Member) -> Content {
    match NullFlavor::from_code(&member.code).filter(|_| member.system == NullFlavor::SYSTEM) {
        Some(flavor) => Content::Null { flavor, original_text: None },
        None => Content::Value(Value::Code(Code {
            code: member.code.clone(),
            system: member.system.clone(),
            display: (!member.display.is_empty()).then(|| member.display.clone()),
            original_text: None,
        })),
    }
}

/// A code of a concept without a value set. What stands for silence is no answer.
fn free_code(rng: &mut Rng, holding: &Holding) -> Code {
    let codes = ["P", "T", "D", "Z3", "01.015"];
    let fitting: Vec<&str> = codes.into_iter().filter(|code| holding.silence != *code).collect();
    let implied = !holding.system.is_empty() || holding.datatype == Datatype::Cs;
    let system = if implied { holding.system.clone() } else { Text::const_new(NAMESPACE) };
    Code { code: one(rng, &fitting).into(), system, display: None, original_text: None }
}

fn identifier(rng: &mut Rng, holding: &Holding) -> Identifier {
    let root = if holding.root.is_empty() { Text::const_new(NAMESPACE) } else { holding.root.clone() };
    let extension = match rng.u8(..10) {
        0 => "a/b?c=d&e|f#g".into(),
        1 if holding.root.is_empty() => Text::default(),
        _ => Text::from(format!("{:07}", rng.u32(..10_000_000))),
    };
    Identifier { root, extension }
}
