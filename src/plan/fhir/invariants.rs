//! Rules of FHIR and of its profiles that what a source says may break.

use super::{ElementPath, Elements, Field, FieldIx, Place, Role, RoleIx};
use crate::dataset::Text;
use crate::tables::{Row, Sheet, Source, TableError};

/// The rules of `invariants.csv`.
#[derive(Clone, Debug, Default)]
pub struct Invariants {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// The datatype, type of resource or profile that has it.
    of: Text,
    key: Text,
    kind: Kind,
    elements: Vec<Text>,
    values: Vec<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ordered,
    Some,
    Bound,
    Range,
    Needed,
}

impl Kind {
    /// True for a rule of a profile: a resource that breaks it is none of that profile.
    fn is_of_a_profile(self) -> bool {
        matches!(self, Self::Bound | Self::Range | Self::Needed)
    }
}

/// A rule as it concerns the resources with one role.
#[derive(Clone, Debug)]
pub struct Law {
    /// The name that FHIR has for it, such as `per-1`.
    pub key: Text,
    /// What it demands.
    pub demand: Demand,
}

/// What a rule demands of a resource.
#[derive(Clone, Debug)]
pub enum Demand {
    /// Of two moments in one object, that both are known and the second is not before the first.
    Ordered(FieldIx, FieldIx),
    /// That one of these elements is there; the first can say that it is not known.
    Some(Vec<Text>),
    /// That an element is as a profile wants it: or else the resource is none of this profile.
    Fits {
        /// The profile.
        profile: Text,
        /// The element.
        path: ElementPath,
        /// How it is.
        fit: Fit,
    },
}

/// How a profile wants an element.
#[derive(Clone, Debug)]
pub enum Fit {
    /// One of these codes, if what holds it is there.
    OneOf(Vec<Text>),
    /// A number from the first to the second, if it is there.
    Between(f64, f64),
    /// There.
    There,
}

impl Invariants {
    /// Reads `invariants.csv`.
    ///
    /// # Errors
    /// If the table cannot be read, a row is of no kind, or it names an element that its type does not have.
    pub fn load(source: &Source, elements: &Elements) -> Result<Self, TableError> {
        let columns = ["of", "key", "kind", "elements", "values"];
        let sheet = Sheet::load(source, "fhir-stu3/invariants.csv", &columns)?;
        let rules = sheet.rows().map(|row| Rule::of(row, elements)).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// The rules that concern the resources with a role.
    pub(super) fn of(&self, elements: &Elements, fields: &[Field], ix: RoleIx, role: &Role) -> Vec<Law> {
        let laws = self.rules.iter().filter_map(|rule| {
            let demand = match rule.kind {
                Kind::Ordered => rule.ordered(elements, fields, ix, role)?,
                Kind::Some => (rule.of == role.resource_type).then(|| Demand::Some(rule.elements.clone()))?,
                Kind::Bound | Kind::Range | Kind::Needed => Demand::Fits {
                    profile: role.profiles.iter().find(|profile| **profile == rule.of)?.clone(),
                    path: ElementPath::parse(rule.elements.first()?).ok()?,
                    fit: rule.fit()?,
                },
            };
            Some(Law { key: rule.key.clone(), demand })
        });
        laws.collect()
    }
}

impl Rule {
    fn of(row: Row<'_>, elements: &Elements) -> Result<Self, TableError> {
        let words = |column: &str| row.get(column).split_whitespace().map(Text::from).collect::<Vec<_>>();
        let kind = match row.get("kind") {
            "ordered" => Kind::Ordered,
            "some" => Kind::Some,
            "bound" => Kind::Bound,
            "range" => Kind::Range,
            "needed" => Kind::Needed,
            _ => return Err(row.fault("kind", "is none of `ordered`, `some`, `bound`, `range` and `needed`")),
        };
        let (of, named) = (row.get("of"), words("elements"));
        let wanted = if kind == Kind::Ordered { named.len() == 2 } else { !named.is_empty() };
        if !wanted {
            return Err(row.fault("elements", "must name two elements if it is `ordered`, and else one at least"));
        }
        if matches!(kind, Kind::Bound | Kind::Range) == row.get("values").is_empty() {
            return Err(row.fault("values", "must be given if it is `bound` or `range`, and not otherwise"));
        }
        if kind == Kind::Range && range(&words("values")).is_none() {
            return Err(row.fault("values", "must be two numbers if it is `range`: the least and the greatest"));
        }
        if kind.is_of_a_profile() != of.contains(':') {
            return Err(row.fault("of", "must be the URL of a profile if it is a rule of one, and else a type"));
        }
        if kind == Kind::Some && elements.get(of, "meta").is_none() {
            return Err(row.fault("kind", format!("`some` is a rule of resources, and {of} is none")));
        }
        if kind.is_of_a_profile() {
            if ElementPath::parse(&named[0]).is_err() || named.len() > 1 {
                return Err(row.fault("elements", "must be one path of an element if it is a rule of a profile"));
            }
        } else if let Some(unknown) = named.iter().find(|name| elements.get(of, name).is_none()) {
            return Err(row.fault("elements", format!("{of} has no element `{unknown}`")));
        }
        Ok(Self { of: of.into(), key: row.get("key").into(), kind, elements: named, values: words("values") })
    }

    /// How the element must be, if it is a rule of a profile.
    fn fit(&self) -> Option<Fit> {
        match self.kind {
            Kind::Bound => Some(Fit::OneOf(self.values.clone())),
            Kind::Range => range(&self.values).map(|(least, greatest)| Fit::Between(least, greatest)),
            Kind::Needed => Some(Fit::There),
            Kind::Ordered | Kind::Some => None,
        }
    }

    /// The two rows that fill the two elements of one object.
    fn ordered(&self, elements: &Elements, fields: &[Field], ix: RoleIx, role: &Role) -> Option<Demand> {
        let path = |field: &FieldIx| match &fields[usize::from(field.0)].place {
            Place::Role(own, path) if *own == ix => Some(path),
            _ => None,
        };
        let holds = |path: &ElementPath| {
            let kind = elements.type_name(&role.resource_type);
            let steps = &path.steps[..path.steps.len() - 1];
            steps.iter().fold(kind, |kind, step| elements.kind_of(kind, &step.name)) == self.of
        };
        let fills = |element: &str| -> Vec<FieldIx> {
            let named = |field: &FieldIx| path(field).is_some_and(|path| path.last().name == element && holds(path));
            role.fields.iter().copied().filter(named).collect()
        };
        let [first, second] = &self.elements[..] else { return None };
        let are_together = |one: &FieldIx, other: &FieldIx| {
            let pair = path(one).zip(path(other));
            pair.is_some_and(|(one, other)| {
                one.steps.split_last().map(|(_, up)| up) == other.steps.split_last().map(|(_, up)| up)
            })
        };
        fills(first).into_iter().find_map(|one| {
            let other = fills(second).into_iter().find(|other| are_together(&one, other))?;
            Some(Demand::Ordered(one, other))
        })
    }
}

/// The least and the greatest number.
fn range(values: &[Text]) -> Option<(f64, f64)> {
    let [least, greatest] = values else { return None };
    Some((least.parse().ok()?, greatest.parse().ok()?)).filter(|(least, greatest)| least <= greatest)
}
