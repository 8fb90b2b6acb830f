//! From the FHIR table of a dataset to its plan.

use std::collections::HashMap;

use super::family::Family;
use super::invariants::Invariants;
use super::pattern::{RawReference, fill, survey};
use super::placing::placing;
use super::sole::sole_roles;
use super::template::{Names, Template};
use super::{
    AnswerForm, CaseRoles, Codec, Condition, DATA_ABSENT, ElementPath, Elements, FhirPlan, Field, FieldIx, Identity,
    Modifiers, Place, RefSpec, Role, RoleIx, Target, Wholes, Withdrawals,
};
use crate::dataset::{Aligned, ConceptIx, Dataset, Kind, Text};
use crate::tables::{Row, Sheet, Source, TableError, pattern, pattern_file};
use crate::terminology::Terminology;
use crate::tree::Tree;

const COLUMNS: [&str; 15] = [
    "concept",
    "name",
    "resource",
    "per",
    "pattern",
    "code",
    "code_system",
    "display",
    "element",
    "datatype",
    "code_map",
    "pwd32",
    "follows",
    "source",
    "note",
];

impl FhirPlan {
    /// Compiles `fhir-stu3/<table>.csv` and all that it names. `kind` is what a pattern says with `{kind}`: the URI by which a
    /// kind of message is known that is like another; empty for any other.
    ///
    /// # Errors
    /// The first fault in the tables, at its file, line and column.
    pub fn load(
        source: &Source,
        table: &str,
        dataset: &Dataset,
        aligned: Vec<Aligned>,
        terminology: &Terminology,
        kind: &str,
    ) -> Result<Self, TableError> {
        let file = format!("fhir-stu3/{table}.csv");
        let sheet = Sheet::load(source, &file, &COLUMNS)?;
        let mut family = Family::load(source, table, dataset)?;
        for row in sheet.rows().filter(|row| !row.get("pattern").is_empty()) {
            family.add_role(Loader::role_name(row), !is_of_others(row, &family));
        }
        let identity = Identity::load(source, table, dataset, &family)?;
        let mut loader = Loader {
            source,
            family,
            dataset,
            terminology,
            patterns: HashMap::new(),
            raw_references: Vec::new(),
            plan: Self {
                elements: Elements::load(source)?,
                modifiers: Modifiers::load(source)?,
                withdrawals: Withdrawals::load(source, |oid| terminology.systems().uri(oid).into())?,
                wholes: Wholes::load(source)?,
                roles: Vec::new(),
                fields: Vec::new(),
                answers: AnswerForm::load(source)?,
                identity,
                cases: CaseRoles::default(),
                aligned,
                kind: kind.into(),
                by_name: HashMap::default(),
                by_type: HashMap::default(),
                by_concept: vec![Vec::new(); dataset.len()],
                eaches: Vec::new(),
                sole: Vec::new(),
                placing: Vec::new(),
            },
        };
        let own = || sheet.rows().filter(|row| !is_of_others(*row, &loader.family)).collect::<Vec<_>>();
        let own = own();
        for row in own.iter().filter(|row| !row.get("pattern").is_empty()) {
            loader.role(*row)?;
        }
        for row in own {
            if !loader.family.is_role_of_others(Loader::role_name(row)) {
                loader.field(row)?;
            }
        }
        loader.resolve_references(&file)?;
        loader.plan.cases = CaseRoles::load(source, table, dataset, |name| loader.plan.find_role(name))?;
        let invariants = Invariants::load(source, &loader.plan.elements)?;
        for at in 0..loader.plan.roles.len() {
            let FhirPlan { elements, fields, roles, .. } = &loader.plan;
            let ix = RoleIx(u16::try_from(at).unwrap_or(u16::MAX));
            loader.plan.roles[at].laws = invariants.of(elements, fields, ix, &roles[at]);
        }
        loader.plan.sole = sole_roles(&loader.plan.roles, dataset);
        loader.plan.placing = placing(&loader.plan, dataset);
        Ok(loader.plan)
    }
}

/// True if a row is about a concept that only another dataset of the family has.
fn is_of_others(row: Row<'_>, family: &Family<'_>) -> bool {
    let each = row.get("resource").strip_prefix("each:").unwrap_or_default();
    [row.get("concept"), row.get("per"), each].into_iter().any(|number| family.is_of_others(number))
}

struct Loader<'a> {
    source: &'a Source,
    family: Family<'a>,
    dataset: &'a Dataset,
    terminology: &'a Terminology,
    patterns: HashMap<Text, Tree>,
    raw_references: Vec<(RoleIx, RawReference, u64)>,
    plan: FhirPlan,
}

impl Loader<'_> {
    fn concept(&self, row: Row<'_>, column: &str, number: &str) -> Result<ConceptIx, TableError> {
        self.dataset.find(number).ok_or_else(|| row.fault(column, format!("the dataset has no concept `{number}`")))
    }

    fn role_name(row: Row<'_>) -> &str {
        match row.get("resource") {
            "" => row.get("concept"),
            name => name,
        }
    }

    fn role(&mut self, row: Row<'_>) -> Result<(), TableError> {
        let concept = self.concept(row, "concept", row.get("concept"))?;
        let per = match row.get("per") {
            "" => concept,
            number => self.concept(row, "per", number)?,
        };
        let group = if self.dataset.get(per).kind == Kind::Group { per } else { self.dataset.get(per).parent };
        let pattern = self.pattern(row)?;
        let (references, codings) = survey(&self.plan.elements, &pattern, &self.own_codings(row));
        let ix = RoleIx(u16::try_from(self.plan.roles.len()).map_err(|_| row.fault("pattern", "too many rows"))?);
        let name = Text::from(Self::role_name(row));
        if self.plan.by_name.insert(name.clone(), ix).is_some() {
            return Err(
                row.fault("resource", format!("two rows make the resource `{name}`; name one of them in `resource`"))
            );
        }
        let resource_type = Text::from(pattern.text_at("resourceType").unwrap_or_default());
        if self.plan.elements.type_name(&resource_type).is_empty() {
            return Err(row.fault("pattern", "its resourceType is not in elements.csv"));
        }
        let profiles = pattern.get("meta").and_then(|meta| meta.get("profile")).map_or(&[][..], Tree::items);
        let profiles = profiles.iter().filter_map(|profile| profile.text().map(Text::from)).collect();
        self.raw_references.extend(references.into_iter().map(|raw| (ix, raw, row.line)));
        self.plan.by_type.entry(resource_type.clone()).or_default().push(ix);
        let mut says_why_absent = false;
        pattern.each_leaf(&mut |leaf| says_why_absent |= leaf.text.as_str() == DATA_ABSENT);
        self.plan.roles.push(Role {
            name,
            line: row.line,
            concept,
            per,
            group,
            resource_type,
            profiles,
            // Made ready when all roles are known.
            template: Template::Url,
            pattern,
            says_why_absent,
            references: Vec::new(),
            codings,
            fields: Vec::new(),
            laws: Vec::new(),
        });
        Ok(())
    }

    /// The codings that a row says: its code, and the same in another system.
    fn own_codings(&self, row: Row<'_>) -> Vec<(Text, Text)> {
        [("code_system", "code"), ("also_system", "also_code")]
            .into_iter()
            .filter(|(_, code)| !row.get(code).is_empty())
            .map(|(system, code)| {
                (self.terminology.systems().uri(row.get(system)).as_ref().into(), row.get(code).into())
            })
            .collect()
    }

    fn pattern(&mut self, row: Row<'_>) -> Result<Tree, TableError> {
        let name = row.get("pattern");
        if !self.patterns.contains_key(name) {
            let tree = pattern(self.source, name)?.ok_or_else(|| {
                row.fault("pattern", format!("there is no pattern `{name}`; add {}", pattern_file(name)))
            })?;
            self.patterns.insert(name.into(), tree);
        }
        let columns: Vec<(&str, String)> = ["code", "display", "also_code", "also_display"]
            .into_iter()
            .map(|column| (column, row.get(column).to_owned()))
            .chain(std::iter::once(("kind", self.plan.kind.to_string())))
            .chain(["code_system", "also_system"].into_iter().map(|column| {
                let oid = row.get(column);
                (column, if oid.is_empty() { String::new() } else { self.terminology.systems().uri(oid).into_owned() })
            }))
            .collect();
        let pattern = fill(&self.patterns[name], &columns).and_then(|pattern| self.family.prune(&pattern));
        let mut pattern = pattern.ok_or_else(|| row.fault("pattern", "nothing is left of it"))?;
        self.plan.elements.sort_resource(&mut pattern);
        Ok(pattern.shared())
    }

    fn field(&mut self, row: Row<'_>) -> Result<(), TableError> {
        let concept = self.concept(row, "concept", row.get("concept"))?;
        let element = row.get("element");
        let (datatype, beside) = match row.get("datatype").split_once('/') {
            Some(("answer", name)) => (None, Some(name)),
            Some((datatype, name)) => (Some(datatype), Some(name)),
            None => (Some(row.get("datatype")), None),
        };
        if element.is_empty() && datatype.is_some() {
            return Ok(());
        }
        let answer = match beside {
            Some(name) => Some(self.answer(row, name)?),
            None => None,
        };
        let ix = FieldIx(u16::try_from(self.plan.fields.len()).map_err(|_| row.fault("element", "too many rows"))?);
        let place = self.place(row, element, answer)?;
        let elsewhere = match &place {
            Place::Role(role, _) if element != "-" => self.elsewhere(row, element, *role)?,
            _ => Vec::new(),
        };
        let (codec, beside) = match (&place, datatype, answer) {
            (Place::None | Place::Aligned, _, _) => (Codec::String, None),
            (_, None, Some(answer)) => (Codec::Answer(answer), None),
            (_, datatype, answer) => (codec(row, datatype.unwrap_or_default())?, answer),
        };
        match &place {
            Place::Role(role, _) => self.plan.roles[usize::from(role.0)].fields.push(ix),
            Place::Each(..) => self.plan.eaches.push(ix),
            Place::Aligned | Place::None => {}
        }
        let code_map = Some(row.get("code_map")).filter(|name| !name.is_empty());
        if let Some(name) = code_map
            && self.terminology.code_map(name).is_none()
        {
            return Err(row.fault("code_map", format!("there is no code map `{name}`; add code-maps/{name}.csv")));
        }
        let copy = !self.plan.by_concept[usize::from(concept.0)].is_empty();
        self.plan.by_concept[usize::from(concept.0)].push(ix);
        self.plan.fields.push(Field {
            line: row.line,
            concept,
            place,
            elsewhere,
            codec,
            code_map: code_map.map(Text::from),
            copy,
            beside,
        });
        Ok(())
    }

    /// Where a row puts its leaf. An answer names its elements itself: the first stands for all.
    fn place(&self, row: Row<'_>, element: &str, answer: Option<usize>) -> Result<Place, TableError> {
        let path = |text: &str| ElementPath::parse(text).map_err(|e| row.fault("element", e));
        if element == "-" {
            return Ok(Place::None);
        }
        let concept = self.dataset.find(row.get("concept"));
        if self.plan.aligned.iter().any(|aligned| Some(aligned.keys.0) == concept) {
            return Ok(Place::Aligned);
        }
        if let Some(group) = row.get("resource").strip_prefix("each:") {
            let mut alternatives = Vec::new();
            for alternative in element.split('|') {
                let (kind, inner) = alternative
                    .split_once('.')
                    .ok_or_else(|| row.fault("element", "must begin with a resource type"))?;
                alternatives.push((kind.into(), path(inner)?.through_primitives(&self.plan.elements, kind)));
            }
            return Ok(Place::Each(self.concept(row, "resource", group)?, alternatives));
        }
        let name = Self::role_name(row);
        let role = self
            .plan
            .find_role(name)
            .ok_or_else(|| row.fault("resource", format!("no row makes a resource `{name}`")))?;
        let resource_type = &self.plan.role(role).resource_type;
        let element = ElementPath::alternatives(element).next().unwrap_or_default();
        let element = element.strip_prefix(&format!("{resource_type}.")).unwrap_or(element);
        let said = answer.and_then(|answer| self.plan.answers[answer].yes.first());
        match said {
            Some((said, _)) if element.is_empty() => Ok(Place::Role(role, said.clone())),
            _ => Ok(Place::Role(role, path(element)?.through_primitives(&self.plan.elements, resource_type))),
        }
    }

    fn elsewhere(&self, row: Row<'_>, element: &str, role: RoleIx) -> Result<Vec<ElementPath>, TableError> {
        let resource_type = &self.plan.role(role).resource_type;
        let path = |text: &str| match ElementPath::parse(text) {
            Ok(path) => Ok(path.through_primitives(&self.plan.elements, resource_type)),
            Err(message) => Err(row.fault("element", message)),
        };
        ElementPath::alternatives(element).skip(1).map(path).collect()
    }

    fn answer(&self, row: Row<'_>, name: &str) -> Result<usize, TableError> {
        let at = self.plan.answers.iter().position(|candidate| candidate.name == name);
        at.ok_or_else(|| row.fault("datatype", format!("answers.toml has no `{name}`")))
    }

    fn resolve_references(&mut self, file: &str) -> Result<(), TableError> {
        for (role, raw, line) in std::mem::take(&mut self.raw_references) {
            let names = PatternNames { plan: &self.plan, dataset: self.dataset, file, line };
            let (optional, target) = match raw.target.strip_prefix('?') {
                Some(name) => (true, name),
                None => (false, raw.target.as_str()),
            };
            let target = match target.strip_prefix('*') {
                Some(number) => Target::Members(names.group(number)?),
                None => Target::Role(names.role(target)?),
            };
            let condition = raw.condition.as_deref().map(|name| names.condition(name)).transpose()?;
            let reference = RefSpec { path: raw.path, target, optional: optional || condition.is_some(), condition };
            self.plan.roles[usize::from(role.0)].references.push(reference);
        }
        for at in 0..self.plan.roles.len() {
            let role = &self.plan.roles[at];
            let names = PatternNames { plan: &self.plan, dataset: self.dataset, file, line: role.line };
            self.plan.roles[at].template = Template::of(&role.pattern, &names)?;
        }
        Ok(())
    }
}

/// What the names in the pattern of a row mean.
struct PatternNames<'a> {
    plan: &'a FhirPlan,
    dataset: &'a Dataset,
    file: &'a str,
    line: u64,
}

impl PatternNames<'_> {
    fn fault(&self, message: String) -> TableError {
        TableError { line: self.line, column: "pattern".to_owned(), ..TableError::file(self.file, message) }
    }
}

impl Names for PatternNames<'_> {
    type Error = TableError;

    fn role(&self, name: &str) -> Result<RoleIx, TableError> {
        let found = self.plan.find_role(name);
        found.ok_or_else(|| self.fault(format!("the pattern refers to `@{name}`, which no row makes")))
    }

    fn group(&self, number: &str) -> Result<ConceptIx, TableError> {
        let found = self.dataset.find(number);
        found.ok_or_else(|| self.fault(format!("the pattern refers to an unknown concept `{number}`")))
    }

    fn condition(&self, name: &str) -> Result<Condition, TableError> {
        match self.plan.find_role(name) {
            Some(role) => Ok(Condition::Role(role)),
            None => self.group(name).map(Condition::Concept),
        }
    }
}

fn codec(row: Row<'_>, name: &str) -> Result<Codec, TableError> {
    Ok(match name {
        "CodeableConcept" => Codec::CodeableConcept,
        "Coding" => Codec::Coding,
        "code" => Codec::Code,
        "boolean" => Codec::Boolean,
        "integer" => Codec::Integer,
        "decimal" => Codec::Decimal,
        "Quantity" => Codec::Quantity,
        "date" | "birthDate" => Codec::Date,
        "dateTime" => Codec::DateTime,
        "instant" => Codec::Instant,
        "Identifier" => Codec::Identifier,
        "string" => Codec::String,
        "compact" => Codec::Compact,
        _ => return Err(row.fault("datatype", format!("`{name}` is no datatype of this table"))),
    })
}

/// The names of the code maps that a FHIR table uses.
///
/// # Errors
/// If the table cannot be read.
pub fn code_maps(source: &Source, table: &str) -> Result<Vec<Text>, TableError> {
    let sheet = Sheet::load(source, &format!("fhir-stu3/{table}.csv"), &["code_map"])?;
    let mut names: Vec<Text> =
        sheet.rows().map(|row| row.get("code_map").into()).filter(|name: &Text| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    Ok(names)
}
