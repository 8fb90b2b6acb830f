//! Which files there are, and what their columns hold: the one source for the checker and for the reference.

use super::LAYER;

/// A kind of CSV table.
#[derive(Debug)]
pub struct Layout {
    /// Its path within the mappings folder; `*` stands for a name.
    pub path: &'static str,
    /// What it holds.
    pub about: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name in the header.
    pub name: &'static str,
    /// What its cells hold.
    pub content: Content,
    /// True if a cell may be empty.
    pub may_be_empty: bool,
    /// True if a table may lack the column.
    pub optional: bool,
    /// What it means.
    pub about: &'static str,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Anything.
    Text,
    /// The number of a concept: digits, or `W` and digits.
    Concept,
    /// An OID without a prefix.
    Oid,
    /// An absolute URI.
    Uri,
    /// A whole number.
    Number,
    /// A whole number or `*`.
    Maximum,
    /// A name: letters, digits, `-`, `_`, `.`.
    Name,
    /// A code: no white space at its ends, none doubled.
    Code,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Concept numbers of another dataset, with semicolons or spaces between them.
    Numbers,
}

impl Content {
    /// True if a cell that is not empty can say this.
    pub fn holds(self, text: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Text => !text.chars().any(|c| c.is_control() && c != '\n'),
            Self::Concept => digits(text.strip_prefix('W').unwrap_or(text)),
            Self::Oid => is_oid(text),
            Self::Uri => {
                let scheme = ["http://", "https://", "urn:"].iter().any(|scheme| {
                    text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.contains("::"))
                });
                scheme && !text.contains(char::is_whitespace) && text.strip_prefix("urn:oid:").is_none_or(is_oid)
            }
            Self::Number => digits(text),
            Self::Maximum => text == "*" || digits(text),
            Self::Name => text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')),
            Self::Code => !text.contains(char::is_whitespace),
            Self::OneOf(words) => words.contains(&text),
            Self::Numbers => text.split([';', ' ', ',']).filter(|part| !part.is_empty()).all(digits),
        }
    }

    /// What it is, for people: ends a sentence that begins with "must be".
    pub fn about(self) -> String {
        match self {
            Self::Text => "a text without control characters".to_owned(),
            Self::Concept => "the number of a concept (digits, or `W` and digits)".to_owned(),
            Self::Oid => "an OID: numbers with dots between them, no prefix".to_owned(),
            Self::Uri => "an absolute URI without white space".to_owned(),
            Self::Number => "a whole number".to_owned(),
            Self::Maximum => "a whole number, or `*`".to_owned(),
            Self::Name => "a name of letters, digits, `-`, `_` and `.`".to_owned(),
            Self::Code => "a code without white space".to_owned(),
            Self::OneOf(words) => format!("one of `{}`", words.join("`, `")),
            Self::Numbers => "concept numbers with a space or semicolon between them".to_owned(),
        }
    }
}

/// True for numbers with dots between them, none with a leading zero.
pub fn is_oid(text: &str) -> bool {
    let arc = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    text.contains('.') && matches!(text.as_bytes().first(), Some(b'0'..=b'2')) && text.split('.').all(arc)
}

/// The column in which a finding is silenced, in every table.
pub const ALLOW: &str = "allow";

const fn must(name: &'static str, content: Content, about: &'static str) -> Column {
    Column { name, content, may_be_empty: false, optional: false, about }
}

const fn may(name: &'static str, content: Content, about: &'static str) -> Column {
    Column { name, content, may_be_empty: true, optional: false, about }
}

const fn extra(name: &'static str, content: Content, about: &'static str) -> Column {
    Column { name, content, may_be_empty: true, optional: true, about }
}

const LAYER_COLUMN: Column = extra(
    LAYER,
    Content::Text,
    "in a table of a kind or dataset that is like another: `change` for a row in place of those of its concept below, `also` for one \
     beside them (of demands, in place of that with the same demand), `drop`, or \
     `after` and a concept, or `last`, for a row that is new or stands elsewhere",
);

const ALLOW_COLUMN: Column =
    extra(ALLOW, Content::Text, "findings that are right and stay: `OOI-###: reason`, with `;` between several");

/// The kinds of concept, as `kind` names them.
pub const KINDS: &[&str] = &[
    "group",
    "code",
    "boolean",
    "date",
    "datetime",
    "quantity",
    "count",
    "identifier",
    "string",
    "text",
    "complex",
    "blob",
];
/// What `datatype` of a message row can say.
pub const DATATYPES: &[&str] = &["CE", "CD", "CO", "CS", "BL", "TS", "PQ", "INT", "II", "ST", "negation", "presence"];
/// What `demand` of a demand can say.
pub const DEMANDS: &[&str] = &[
    "needed",
    "node",
    "nulls",
    "codes",
    "members",
    "once",
    "several",
    "same",
    "only-when",
    "yes-only-when",
    "namespace",
    "unit",
    "precision",
];
/// What `relation` of a code map can say.
pub const RELATIONS: &[&str] = &["equal", "equivalent", "wider", "narrower", "inexact", "relatedto", "unmatched"];
/// What `form` of a sample can say.
pub const FORMS: &[&str] =
    &["day", "moment", "near", "gestation", "number", "yes", "nth", "count", "bsn", "identifier", "one-of"];
/// How a code can prove that it was typed right.
pub const CHECK_DIGITS: &[&str] = &["verhoeff", "mod10", "eleven"];

/// All kinds of CSV table. The first path that fits a file is its kind.
pub const LAYOUTS: &[Layout] = &[
    Layout {
        path: "code-systems.csv",
        about: "Code systems and identifier namespaces.",
        columns: &[
            must("oid", Content::Oid, "OID, without a prefix"),
            must("uri", Content::Uri, "the URI that FHIR uses"),
            must("name", Content::Text, "a name for people"),
            must("source", Content::Text, "where this comes from"),
            extra("check_digit", Content::OneOf(CHECK_DIGITS), "the arithmetic that codes of the system satisfy"),
            extra(
                "code_form",
                Content::Code,
                "what codes of the system look like, if they look alike: `9` is a digit, `A` a capital, `|` stands between several forms",
            ),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "units.csv",
        about: "The units of UCUM that FHIR is given as codes, and what each measures.",
        columns: &[
            must("unit", Content::Code, "the unit, as UCUM writes it; capitals count"),
            must("kind", Content::Text, "what it measures; units of one kind can stand for each other"),
            extra("dutch", Content::Text, "the unit as people write it, if not as UCUM does"),
            extra("english", Content::Text, "the same in English"),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "published-labels.csv",
        about: "Facts beside the code maps: what the publications call the codes that are translated into. The checker compares the two.",
        columns: &[
            must("code_system", Content::Oid, "the OID of the system of the code"),
            must("code", Content::Code, "the code"),
            must("display", Content::Text, "its label"),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "dataset/*.csv",
        about: "The concepts of a dataset, parents first, in the order of the standard.",
        columns: &[
            must("concept", Content::Concept, "the number that ends the OID of the concept"),
            may("parent", Content::Concept, "the group that holds it; empty at the top"),
            must("name", Content::Text, "its name in the standard"),
            must("element", Content::Name, "its short name: the ADA element"),
            must("kind", Content::OneOf(KINDS), "what it holds"),
            may("unit", Content::Text, "the unit of a quantity"),
            may("value_set", Content::Name, "the table in `value-sets/` of a code"),
            extra(
                "question",
                Content::Concept,
                "the yes-or-no concept whose answer says whether there is any of this: under a no, or a null flavour, nothing of it is stated",
            ),
            extra(
                "refers_to",
                Content::Concept,
                "the leaf that it refers to: it says the code of one of its occurrences, and means the group around that; in ADA it is a reference",
            ),
            must("source", Content::Text, "where this comes from"),
            LAYER_COLUMN,
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "value-sets/*.csv",
        about: "The codes that a concept can have.",
        columns: &[
            must("code", Content::Code, "the code"),
            must("code_system", Content::Oid, "the OID of its system"),
            must("display", Content::Text, "its label"),
            may("ordinal", Content::Number, "the position that ADA puts in `value`"),
            must("source", Content::Text, "the published value set and its date"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "code-maps/*.csv",
        about: "The translation of codes, from PWD 2.3 to PWD 3.2; each row works both ways.",
        columns: &[
            must("source_system", Content::Oid, "the OID of the system of the 2.3 code"),
            must("source_code", Content::Code, "the 2.3 code"),
            may("target_system", Content::Oid, "the OID of the system of the 3.2 code; empty with `unmatched`"),
            may("target_code", Content::Code, "the 3.2 code; empty with `unmatched`"),
            may("target_display", Content::Text, "the label of the 3.2 code"),
            must(
                "relation",
                Content::OneOf(RELATIONS),
                "what the 3.2 code means beside the 2.3 code; `unmatched`: it goes as it is",
            ),
            may(
                "canonical",
                Content::OneOf(&["yes", "no"]),
                "`yes` on the row that decides the way back of a shared target; `no` on all of them if there is none",
            ),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "code-maps/published/*.csv",
        about: "Facts beside the code map of the same name: the translations of a published concept map. The checker compares the two.",
        columns: &[
            must("source_system", Content::Oid, "the OID of the system of the 2.3 code"),
            must("source_code", Content::Code, "the 2.3 code"),
            must("target_system", Content::Oid, "the OID of the system of the 3.2 code"),
            must("target_code", Content::Code, "the 3.2 code"),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "messages/*/concepts.csv",
        about: "The concepts that a transaction uses, with their cardinality.",
        columns: &[
            must("concept", Content::Concept, "the concept"),
            must("min", Content::Number, "least number of occurrences within its group"),
            must("max", Content::Maximum, "largest number of occurrences within its group"),
            LAYER_COLUMN,
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "messages/*/rows.csv",
        about: "Where each concept stands in a message.",
        columns: &[
            must("concept", Content::Concept, "the concept"),
            must("name", Content::Text, "its name, as in the dataset"),
            must(
                "in",
                Content::Text,
                "the slot of its node, or the hole of its value; `-` if the message has no place",
            ),
            may("pattern", Content::Name, "the pattern of its node"),
            may("repeat", Content::Concept, "the concept of which the node is an occurrence, if it is another"),
            may("template", Content::Oid, "the templateId of the node"),
            may("code", Content::Code, "the code of the node"),
            may("code_system", Content::Oid, "the OID of its system"),
            may("display", Content::Text, "its label"),
            may("datatype", Content::OneOf(DATATYPES), "the datatype of the value"),
            must("source", Content::Text, "where this comes from"),
            may("note", Content::Text, "what somebody should know who changes the row"),
            LAYER_COLUMN,
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "messages/*/samples.csv",
        about: "How often a concept is there in samples of invented cases, and what it says there.",
        columns: &[
            must("concept", Content::Concept, "the concept"),
            may("chance", Content::Number, "of a hundred cases, in how many it is there"),
            may("more", Content::Number, "of a hundred occurrences, after how many there is one more"),
            may("when", Content::Text, "an answer that must be yes, or `concept=code`, with `|` between codes"),
            may("form", Content::OneOf(FORMS), "the form of its values"),
            may("from", Content::Text, "the least value"),
            may("to", Content::Text, "the largest value"),
            may("values", Content::Text, "what the form needs: texts, a namespace, another concept"),
            LAYER_COLUMN,
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "messages/*/templates.csv",
        about: "Facts of the published message specification: the templates and codes that can carry a concept.",
        columns: &[
            may("concept", Content::Concept, "the concept; empty for a template that stands in the skeleton itself"),
            must("template", Content::Oid, "a template in which it is published"),
            may("code", Content::Code, "the code of the node there; empty if the publication does not locate it"),
            may("code_system", Content::Oid, "the OID of its system"),
            must("source", Content::Text, "where this comes from"),
            LAYER_COLUMN,
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "hl7v3/modifiers.csv",
        about: "What makes an element of any HL7v3 message say something else than it states: that it is not so, is meant to be, is withdrawn, is doubted.",
        columns: &[
            may(
                "element",
                Content::Name,
                "the child that has the attribute, or with dots the way down to what has it; empty if it is the element itself",
            ),
            may(
                "attribute",
                Content::Text,
                "the attribute; empty: that the child is there, where the skeleton has none, is enough",
            ),
            extra(
                "of",
                Content::Name,
                "the element of which it says so, with dots behind what is around it; empty: any element",
            ),
            may("harmless", Content::Text, "the values that change nothing, with spaces between"),
            extra(
                "second",
                Content::Text,
                "the values of these with which the element counts only if there is no other of its kind",
            ),
            must("source", Content::Text, "where this comes from, and why"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "hl7v3/published.csv",
        about: "Facts of the HL7v3 RIM: what makes an element say something else than it states. The checker compares `modifiers.csv` with them.",
        columns: &[
            may("element", Content::Name, "the child that has the attribute; empty if it is the element itself"),
            may(
                "attribute",
                Content::Text,
                "the attribute; empty: that the child is there, where the skeleton has none, is enough",
            ),
            may("harmful", Content::Text, "values that change what is said, with spaces between"),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "messages/*/demands.csv",
        about: "What the published message demands at its places, besides what its skeleton fixes: what must be there, and what may stand there. What a case does not meet is told, with the line of the message.",
        columns: &[
            must("concept", Content::Concept, "the concept of which it is demanded"),
            must("demand", Content::OneOf(DEMANDS), "what is demanded"),
            may(
                "of",
                Content::Concept,
                "`needed`, `node`, `only-when`: the concept that says one of `values`; `same`: the one that it says the same as",
            ),
            may(
                "values",
                Content::Text,
                "answers (`true`, `false`), codes or namespaces of `of` (`absent`: it is not there); the null flavours that may stand there (`-`: none); namespaces (`*`: any, but one); the unit; the precision (`day`, `minute`, `second`); `codes`: those that may stand there; `members`: those of the value set that may not",
            ),
            may("or", Content::Text, "`needed`, `node`: other concepts, of which any will do"),
            may("filler", Content::Name, "`needed`: the null flavour that stands there if it is absent"),
            may("version", Content::Text, "`members`, `codes`: the value set that the message binds, and its date"),
            must("source", Content::Text, "the template that demands it"),
            LAYER_COLUMN,
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "messages/*/published.csv",
        about: "Facts of the published transaction: what each of its concepts is. The checker compares the other tables with them.",
        columns: &[
            must("concept", Content::Concept, "the concept"),
            may("parent", Content::Concept, "the group that holds it; empty at the top"),
            may("min", Content::Number, "least number of occurrences; empty if another was decided"),
            may("max", Content::Maximum, "largest number of occurrences; empty if another was decided"),
            must("kind", Content::OneOf(KINDS), "what it holds"),
            may("unit", Content::Text, "the unit of a quantity, in UCUM"),
            may("value_set", Content::Name, "the value set of a code"),
            may("datatype", Content::OneOf(DATATYPES), "the datatype of the value; empty if it is not published"),
            must("source", Content::Text, "the transaction and its date"),
            LAYER_COLUMN,
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/published/*.csv",
        about: "Facts beside the FHIR table of the same name: the profiles, elements and codes with which a concept is published. The checker compares the two.",
        columns: &[
            must("concept", Content::Concept, "the concept"),
            may(
                "profile",
                Content::Uri,
                "the canonical URL of a profile; a row says one thing, and its other cells are empty",
            ),
            may(
                "element",
                Content::Text,
                "the path of an element that holds the value, without what stands in brackets",
            ),
            may("code", Content::Code, "a code"),
            may("code_system", Content::Oid, "the OID of its system"),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/elements.csv",
        about: "Facts of the FHIR specification: the elements of each type.",
        columns: &[
            must("type", Content::Name, "the type, or the path of a backbone element"),
            must("element", Content::Name, "the element"),
            must("position", Content::Number, "its place among the elements of the type"),
            must("max", Content::Maximum, "largest number of occurrences"),
            may("kinds", Content::Text, "its type, or types"),
            extra(
                "search",
                Content::Text,
                "of a reference: the search parameter that finds the resource by it (`query`)",
            ),
            extra("targets", Content::Text, "of such a reference: the types that it may refer to"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/modifiers.csv",
        about: "The elements that change what a resource or a value says, so that it cannot be read as if they were not there.",
        columns: &[
            must(
                "type",
                Content::Text,
                "the type that has the element, or * for all; `Patient.address` is its type where it stands in that element",
            ),
            must("element", Content::Text, "the element, or the path to it"),
            may("harmless", Content::Text, "the values that change nothing, with spaces between"),
            extra(
                "harmful",
                Content::Text,
                "the other values that the specification gives, with spaces between: the checker sees that none is called harmless",
            ),
            extra(
                "second",
                Content::Text,
                "the values of these with which it counts only if there is no other of its kind",
            ),
            must("source", Content::Text, "where this comes from, and why"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/invariants.csv",
        about: "Rules of FHIR and of its profiles that what a source says may break. What is written keeps them; what would break one is told.",
        columns: &[
            must(
                "of",
                Content::Text,
                "the datatype, the type of resource, or the URL of the profile that has the rule",
            ),
            must("key", Content::Name, "the name of the rule, such as per-1"),
            must(
                "kind",
                Content::OneOf(&["ordered", "some", "bound", "range", "needed"]),
                "what it demands: that the second moment is known not to be before the first; that one of the elements is there; that an element has one of the values, is a number from the first to the second, or is there",
            ),
            must("elements", Content::Text, "the elements, with spaces between; of a profile, a path"),
            may("values", Content::Text, "the values, with spaces between"),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/wholes.csv",
        about: "The elements by which a resource says which larger one it is part of: who refers to the part refers to the whole too.",
        columns: &[
            must("type", Content::Name, "the type that has the element"),
            must("element", Content::Name, "the element, a reference"),
            must("source", Content::Text, "where this comes from"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/withdrawals.csv",
        about: "The values by which a resource says that it is no statement about the case, or takes others back: a document entered in error, an item deleted from a list, what happened to a relative.",
        columns: &[
            must("type", Content::Text, "the type that has the element, or * for all"),
            may(
                "item",
                Content::Name,
                "the element whose items say it, each of its own reference; empty: the resource itself",
            ),
            must("element", Content::Name, "the element that has the value"),
            may("system", Content::Oid, "the code system of the values; empty: any, or the element is no coding"),
            must("values", Content::Text, "the values, with spaces between"),
            may(
                "takes_back",
                Content::Text,
                "the reference to what is taken back; empty: the resource itself; *: everything",
            ),
            must("source", Content::Text, "where this comes from, and why"),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/profiles.csv",
        about: "Facts of the profiles: the elements that a resource must have, and those it cannot have.",
        columns: &[
            must("profile", Content::Uri, "the canonical URL of the profile"),
            must("type", Content::Name, "the type that it constrains"),
            may(
                "element",
                Content::Text,
                "path of the element within the resource; empty on the row that only names the profile",
            ),
            must("min", Content::Number, "least number of occurrences"),
            must("max", Content::Maximum, "largest number of occurrences"),
            extra(
                "subject",
                Content::Uri,
                "on the row that only names the profile: the profile of the one person whom its resources are about",
            ),
            ALLOW_COLUMN,
        ],
    },
    Layout {
        path: "fhir-stu3/*.csv",
        about: "Where each concept of a dataset stands in FHIR.",
        columns: &[
            must("concept", Content::Concept, "the concept"),
            must("name", Content::Text, "its name, as in the dataset"),
            may("resource", Content::Text, "the role of its resource; default the concept"),
            may("per", Content::Concept, "the concept of which each occurrence makes a resource"),
            may("pattern", Content::Name, "the pattern of the resource that the row makes"),
            may("code", Content::Code, "the code of the resource"),
            may("code_system", Content::Oid, "the OID of its system"),
            may("display", Content::Text, "its label"),
            may("also_code", Content::Code, "a second code of the resource"),
            may("also_system", Content::Oid, "the OID of its system"),
            may("also_display", Content::Text, "its label"),
            may(
                "element",
                Content::Text,
                "the path of the element, after `|` where others have it; `-` if there is no place",
            ),
            may("datatype", Content::Text, "the datatype of the value"),
            may("code_map", Content::Name, "the table in `code-maps/`"),
            may("pwd32", Content::Numbers, "the PWD 3.2 concepts that descend from it"),
            must("follows", Content::OneOf(&["3.2", "2.3", "profile", "ours"]), "which publication decided"),
            must("source", Content::Text, "where this comes from"),
            may("note", Content::Text, "what somebody should know who changes the row"),
            ALLOW_COLUMN,
        ],
    },
];

/// The layout of a file; `None` if it is no CSV table that is known.
pub fn of(path: &str) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| fits(layout.path, path))
}

/// True if a path has the form of a pattern in which `*` stands for a name.
pub fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(pattern), Some(path)) => {
                let fits = match pattern.split_once('*') {
                    Some((before, after)) => {
                        path.len() > before.len() + after.len() && path.starts_with(before) && path.ends_with(after)
                    }
                    None => pattern == path,
                };
                if !fits {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Kind;
    use crate::terminology::Relation;

    #[test]
    fn the_words_are_those_that_the_loaders_know() {
        assert!(KINDS.iter().all(|word| Kind::from_name(word).is_some()));
        assert!(DATATYPES.iter().all(|word| crate::plan::hl7v3::Datatype::from_name(word).is_some()));
        assert!(RELATIONS.iter().all(|word| *word == "unmatched" || Relation::from_name(word).is_some()));
    }

    #[test]
    fn a_file_has_the_layout_of_its_path() {
        assert_eq!(of("messages/kernset-2.3/rows.csv").unwrap().path, "messages/*/rows.csv");
        assert_eq!(of("fhir-stu3/elements.csv").unwrap().path, "fhir-stu3/elements.csv");
        assert_eq!(of("fhir-stu3/pwd-2.3.csv").unwrap().path, "fhir-stu3/*.csv");
        assert!(of("value-sets/a/b.csv").is_none());
    }

    #[test]
    fn contents() {
        assert!(Content::Oid.holds("2.16.840.1") && !Content::Oid.holds("2.16..1") && !Content::Oid.holds("2.016"));
        assert!(
            Content::Uri.holds("urn:oid:1.2") && !Content::Uri.holds("urn:oid:1.02") && !Content::Uri.holds("x y:z")
        );
        assert!(Content::Concept.holds("W13") && !Content::Concept.holds("x13"));
        assert!(Content::Numbers.holds("1;2 3") && !Content::Numbers.holds("1;a"));
    }
}
