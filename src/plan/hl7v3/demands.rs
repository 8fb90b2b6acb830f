//! What a message demands at its places, besides what its skeleton fixes: `demands.csv`.

use crate::dataset::{
    Code, Concept, ConceptIx, Content, Dataset, Instance, Kind, NodeIx, NullFlavor, Precision, Text, Value,
};
use crate::tables::{Row, Sheet, Source, TableError};
use crate::terminology::Terminology;

const COLUMNS: &[&str] = &["concept", "demand", "of", "values", "or", "filler"];

/// Among the values of a condition: that the concept is not there.
const ABSENT: &str = "absent";

/// Among the namespaces: any.
const ANY: &str = "*";

/// What the message demands of each concept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    /// By concept.
    own: Vec<Option<Box<Demanded>>>,
}

/// What the message demands of one concept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demanded {
    /// Its place must be filled, where the element with that place is written or could be.
    pub needs: Vec<Need>,
    /// Its node must be there.
    pub nodes: Vec<Need>,
    /// The null flavours that may stand in its place; `None`: all.
    pub nulls: Option<Vec<NullFlavor>>,
    /// It may only be there if all of these hold.
    pub only_when: Vec<Condition>,
    /// It may only be affirmed (a yes, or a value) if all of these hold.
    pub yes_only_when: Vec<Condition>,
    /// The namespaces that its identifiers may have; empty: all.
    pub namespaces: Vec<Text>,
    /// The unit that it must have.
    pub unit: Option<Text>,
    /// The codes that it may say; empty: all.
    pub codes: Vec<Text>,
    /// It must say a member of its value set, other than these codes.
    pub members: Option<Vec<Text>>,
    /// It must be known at least as precisely.
    pub precision: Option<Precision>,
    /// It may be there once around its place.
    pub once: bool,
    /// The answers of which each says one, where there are several; empty: all.
    pub several: Vec<Text>,
    /// The other concept of which it must say one of the values.
    pub same: Option<ConceptIx>,
}

/// When a concept must be there.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// `None`: whenever what is around its place is written.
    pub when: Option<Condition>,
    /// The other concepts of which any will do.
    pub or: Vec<ConceptIx>,
    /// What stands there if it is absent.
    pub filler: Option<NullFlavor>,
}

/// That another concept says something.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// The other concept.
    pub of: ConceptIx,
    /// The answers, codes or namespaces, of which it says one; `absent` if it may say nothing.
    values: Vec<Text>,
}

impl Demands {
    /// Reads `demands.csv` of a message; a message that has none demands nothing.
    ///
    /// # Errors
    /// If the table cannot be read, or says something that has no meaning.
    pub fn load(source: &Source, folder: &str, dataset: &Dataset) -> Result<Self, TableError> {
        let file = format!("{folder}/demands.csv");
        if !source.list(folder)?.contains(&file) {
            return Ok(Self::default());
        }
        let sheet = Sheet::load(source, &file, COLUMNS)?;
        let mut demands = Self::default();
        for row in sheet.rows() {
            let ix = concept(&row, "concept", row.get("concept"), dataset)?;
            demands.own.resize_with(demands.own.len().max(usize::from(ix.0) + 1), || None);
            fits(&row, dataset.get(ix).kind)?;
            let own = demands.own[usize::from(ix.0)].get_or_insert_with(Box::default);
            own.add(&row, dataset)?;
        }
        Ok(demands)
    }

    /// What is demanded of a concept.
    pub fn of(&self, concept: ConceptIx) -> Option<&Demanded> {
        self.own.get(usize::from(concept.0))?.as_deref()
    }
}

impl Demanded {
    fn add(&mut self, row: &Row<'_>, dataset: &Dataset) -> Result<(), TableError> {
        let words = || row.get("values").split_whitespace();
        match row.get("demand") {
            "needed" => self.needs.push(need(row, dataset)?),
            "node" => self.nodes.push(need(row, dataset)?),
            "nulls" => {
                let codes = words().filter(|word| *word != "-");
                self.nulls = Some(codes.map(|code| flavor(row, "values", code)).collect::<Result<_, _>>()?);
            }
            "only-when" => self.only_when.push(given_condition(row, dataset)?),
            "yes-only-when" => self.yes_only_when.push(given_condition(row, dataset)?),
            "namespace" => self.namespaces = words().map(Text::from).collect(),
            "codes" => self.codes = words().map(Text::from).collect(),
            "members" => self.members = Some(words().map(Text::from).collect()),
            "once" => self.once = true,
            "several" => self.several = words().map(Text::from).collect(),
            "same" => self.same = Some(concept(row, "of", row.get("of"), dataset)?),
            "precision" => self.precision = Some(precision(row)?),
            "unit" => self.unit = Some(row.get("values").into()),
            _ => {}
        }
        Ok(())
    }

    /// True if this null flavour may stand in place of a value.
    pub fn allows(&self, flavor: NullFlavor) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.contains(&flavor))
    }

    /// True if an identifier with this namespace may stand there.
    pub fn allows_namespace(&self, root: &str) -> bool {
        let is_one = |allowed: &Text| allowed == root || (allowed == ANY && !root.is_empty());
        self.namespaces.is_empty() || self.namespaces.iter().any(is_one)
    }

    /// The namespace of identifiers that say none, if but one is allowed.
    pub fn only_namespace(&self) -> Option<&str> {
        match &self.namespaces[..] {
            [only] if only != ANY => Some(only),
            _ => None,
        }
    }

    /// True if the message allows this code of a concept.
    pub fn allows_code(&self, code: &Code, concept: &Concept, terminology: &Terminology) -> bool {
        let is_member = || {
            let set = terminology.value_set_of(concept);
            set.is_none_or(|set| set.find(&code.code, &code.system).is_some())
        };
        (self.codes.is_empty() || self.codes.contains(&code.code))
            && self.members.as_ref().is_none_or(|without| is_member() && !without.contains(&code.code))
    }

    /// True if it may only be there without another concept, which is there: the same in another form.
    pub fn is_passed_over(&self, dataset: &Dataset, instance: &Instance, leaf: NodeIx) -> bool {
        let is_alone = |when: &&Condition| when.values.iter().all(|value| value == ABSENT);
        self.only_when.iter().filter(is_alone).any(|when| !when.holds(dataset, instance, leaf))
    }

    /// True if there may be another one beside this answer.
    pub fn may_be_several(&self, content: &Content) -> bool {
        self.several.is_empty() || is_one_of(&self.several, content)
    }

    /// True if a null flavour would stand where the message allows nothing, since another concept says what it says.
    pub fn is_idle(&self, dataset: &Dataset, instance: &Instance, leaf: NodeIx) -> bool {
        self.only_when.iter().any(|when| !when.holds(dataset, instance, leaf))
    }
}

impl Condition {
    /// True if the concept says one of the values, in the innermost occurrence around a node that could hold it.
    pub fn holds(&self, dataset: &Dataset, instance: &Instance, node: NodeIx) -> bool {
        let within = instance.around(dataset, node, self.of);
        let said = instance.descendants(dataset, within, self.of);
        if said.is_empty() {
            return self.values.iter().any(|value| value == ABSENT);
        }
        said.into_iter().any(|leaf| instance.node(leaf).content.as_ref().is_some_and(|content| self.accepts(content)))
    }

    /// True if this is one of the values.
    pub fn accepts(&self, content: &Content) -> bool {
        is_one_of(&self.values, content)
    }
}

/// True if this answer, code or namespace is one of the values.
fn is_one_of(values: &[Text], content: &Content) -> bool {
    match content {
        Content::Value(Value::Boolean(answer)) => {
            values.iter().any(|value| value == if *answer { "true" } else { "false" })
        }
        Content::Value(Value::Code(code)) => values.contains(&code.code),
        Content::Value(Value::Identifier(id)) => values.contains(&id.root),
        _ => false,
    }
}

/// Which cells a demand takes, and of what kind of concept it is.
struct Shape {
    demand: &'static str,
    /// The columns that must be filled.
    must: &'static [&'static str],
    /// Those that may be.
    may: &'static [&'static str],
    /// The kinds of concept; empty: all.
    kinds: &'static [Kind],
}

const SHAPES: &[Shape] = &[
    Shape { demand: "needed", must: &[], may: &["of", "values", "or", "filler"], kinds: &[] },
    Shape { demand: "node", must: &[], may: &["of", "values", "or"], kinds: &[] },
    Shape { demand: "nulls", must: &["values"], may: &[], kinds: &[] },
    Shape { demand: "codes", must: &["values"], may: &[], kinds: &[Kind::Code] },
    Shape { demand: "members", must: &[], may: &["values"], kinds: &[Kind::Code] },
    Shape { demand: "once", must: &[], may: &[], kinds: &[] },
    Shape { demand: "several", must: &["values"], may: &[], kinds: &[Kind::Boolean] },
    Shape { demand: "same", must: &["of"], may: &[], kinds: &[] },
    Shape { demand: "only-when", must: &["of", "values"], may: &[], kinds: &[] },
    Shape { demand: "yes-only-when", must: &["of", "values"], may: &[], kinds: &[] },
    Shape { demand: "namespace", must: &["values"], may: &[], kinds: &[Kind::Identifier] },
    Shape { demand: "unit", must: &["values"], may: &[], kinds: &[Kind::Quantity] },
    Shape { demand: "precision", must: &["values"], may: &[], kinds: &[Kind::Date, Kind::DateTime] },
];

/// Looks whether the cells of a row are those that its demand takes.
fn fits(row: &Row<'_>, kind: Kind) -> Result<(), TableError> {
    let demand = row.get("demand");
    let Some(shape) = SHAPES.iter().find(|shape| shape.demand == demand) else {
        return Err(row.fault("demand", format!("`{demand}` is no demand that is known")));
    };
    if !shape.kinds.is_empty() && !shape.kinds.contains(&kind) {
        return Err(row.fault("demand", format!("`{demand}` is no demand of a concept of this kind")));
    }
    let is_filled = |column: &&&str| !row.get(column).is_empty();
    if let Some(empty) = shape.must.iter().find(|column| !is_filled(column)) {
        return Err(row.fault(empty, format!("is empty, and `{demand}` goes by it")));
    }
    let taken = |column: &&&str| shape.must.contains(column) || shape.may.contains(column);
    if let Some(filled) = ["of", "values", "or", "filler"].iter().find(|column| is_filled(column) && !taken(column)) {
        return Err(row.fault("demand", format!("`{demand}` has no use for `{filled}`, which is filled")));
    }
    if !row.get("values").is_empty() && row.get("of").is_empty() && shape.may.contains(&"of") {
        return Err(row.fault("of", "is empty: it names the concept that says one of `values`"));
    }
    Ok(())
}

fn given_condition(row: &Row<'_>, dataset: &Dataset) -> Result<Condition, TableError> {
    let missing = || row.fault("of", "is empty: it names the concept that must say something");
    condition(row, dataset)?.ok_or_else(missing)
}

fn need(row: &Row<'_>, dataset: &Dataset) -> Result<Need, TableError> {
    let or = words_of(row, "or").map(|number| concept(row, "or", number, dataset));
    let filler = Some(row.get("filler")).filter(|code| !code.is_empty());
    Ok(Need {
        when: condition(row, dataset)?,
        or: or.collect::<Result<_, _>>()?,
        filler: filler.map(|code| flavor(row, "filler", code)).transpose()?,
    })
}

fn precision(row: &Row<'_>) -> Result<Precision, TableError> {
    match row.get("values") {
        "day" => Ok(Precision::Day),
        "minute" => Ok(Precision::Minute),
        "second" => Ok(Precision::Second),
        other => Err(row.fault("values", format!("`{other}` is no precision: day, minute or second"))),
    }
}

fn words_of<'r>(row: &Row<'r>, column: &str) -> impl Iterator<Item = &'r str> {
    row.get(column).split_whitespace()
}

fn condition(row: &Row<'_>, dataset: &Dataset) -> Result<Option<Condition>, TableError> {
    if row.get("of").is_empty() {
        return Ok(None);
    }
    let of = concept(row, "of", row.get("of"), dataset)?;
    let values: Vec<Text> = words_of(row, "values").map(Text::from).collect();
    if values.is_empty() {
        return Err(row.fault("values", "is empty: it lists the answers or codes that `of` must say one of"));
    }
    let allowed = |value: &Text| match dataset.get(of).kind {
        Kind::Boolean => matches!(value.as_str(), "true" | "false" | ABSENT),
        Kind::Code | Kind::Identifier => true,
        _ => value == ABSENT,
    };
    if let Some(other) = values.iter().find(|value| !allowed(value)) {
        let message = format!(
            "`{other}` is nothing that `of` can say: a yes or no is true, false or absent; a text, number or date only absent"
        );
        return Err(row.fault("values", message));
    }
    Ok(Some(Condition { of, values }))
}

fn concept(row: &Row<'_>, column: &str, number: &str, dataset: &Dataset) -> Result<ConceptIx, TableError> {
    dataset.find(number).ok_or_else(|| row.fault(column, format!("`{number}` is no concept of {}", dataset.name)))
}

fn flavor(row: &Row<'_>, column: &str, code: &str) -> Result<NullFlavor, TableError> {
    NullFlavor::from_code(code).ok_or_else(|| row.fault(column, format!("`{code}` is no null flavour")))
}
