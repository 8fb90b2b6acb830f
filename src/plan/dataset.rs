//! A dataset as one transaction uses it, from `dataset/<name>.csv` and `messages/<name>/concepts.csv`.

use std::collections::{HashMap, HashSet};

use super::manifest::{Manifest, PersonEntry};
use crate::dataset::{Concept, ConceptIx, Dataset, Kind, Person, Text};
use crate::tables::{Row, Sheet, Source, TableError};

const COLUMNS: &[&str] = &["concept", "parent", "name", "element", "kind", "unit", "value_set"];

/// Loads a dataset, with the cardinalities that a transaction gives to the concepts it uses.
///
/// # Errors
/// If a table cannot be read or is no tree: a number or element that occurs twice, a parent that does not precede
/// its children, an unknown kind, a cardinality that is none.
pub fn load_dataset(source: &Source, dataset: &str, message: &str) -> Result<Dataset, TableError> {
    let manifest = Manifest::load(source)?;
    let entry = manifest.dataset(dataset)?;
    let root_oid = Text::from(entry.root_oid.as_str());
    let tree = Dataset::new(dataset.into(), root_oid.clone(), load_tree(source, dataset)?);
    let mut concepts: Vec<Concept> = tree.concepts().map(|(_, concept)| concept.clone()).collect();
    let sheet = Sheet::load(source, &format!("messages/{message}/concepts.csv"), &["concept", "min", "max"])?;
    for row in sheet.rows() {
        let Some(ix) = tree.find(row.get("concept")) else {
            return Err(row.fault("concept", format!("is no concept of dataset/{dataset}.csv")));
        };
        let parent = concepts[usize::from(tree.get(ix).parent.0)].in_use;
        let concept = &mut concepts[usize::from(ix.0)];
        if concept.in_use {
            return Err(row.fault("concept", "occurs twice"));
        }
        if !parent {
            return Err(row.fault("concept", "the group that holds it must have a row, above this one"));
        }
        (concept.min, concept.max) = cardinality(row)?;
        concept.in_use = true;
    }
    let named = |key: &str, numbers: &[String], are_inherited: bool| {
        let own = numbers.iter().filter(|number| !are_inherited || tree.find(number).is_some());
        let named = own.map(|number| {
            let unknown = || format!("`{key}` of dataset `{dataset}` names `{number}`, which is no concept of it");
            tree.find(number).ok_or_else(|| TableError::file(Manifest::FILE, unknown()))
        });
        named.collect::<Result<Vec<_>, _>>()
    };
    let administrative = named("administrative", &entry.administrative, entry.inherits_administrative)?;
    let glance = named("glance", &entry.glance, entry.inherits_glance)?;
    let persons = entry.persons.iter().map(|entry| person(dataset, &tree, entry)).collect::<Result<_, _>>()?;
    Ok(Dataset::new(dataset.into(), root_oid, concepts)
        .with_administrative(administrative)
        .with_persons(persons)
        .with_glance(glance))
}

/// A person of `ooievaar.toml`.
fn person(dataset: &str, tree: &Dataset, entry: &PersonEntry) -> Result<Person, TableError> {
    let fault = |message: &str| {
        let place = format!("`persons` of dataset `{dataset}`, group `{}`: {message}", entry.group);
        TableError::file(Manifest::FILE, place)
    };
    let group = tree.find(&entry.group).filter(|ix| tree.get(*ix).kind == Kind::Group);
    let group = group.ok_or_else(|| fault("the group is no group of it"))?;
    let number = tree.find(&entry.number).filter(|ix| tree.get(*ix).kind == Kind::Identifier);
    let number = number.filter(|ix| tree.is_within(*ix, group));
    let number = number.ok_or_else(|| fault("the number is no identifier within the group"))?;
    Ok(Person { group, number, namespace: entry.namespace.as_deref().map(Text::from) })
}

fn load_tree(source: &Source, dataset: &str) -> Result<Vec<Concept>, TableError> {
    let sheet = Sheet::load(source, &format!("dataset/{dataset}.csv"), COLUMNS)?;
    let mut concepts = vec![root(dataset)];
    let mut places = HashMap::new();
    let mut elements = HashSet::new();
    for row in sheet.rows() {
        let number = row.get("concept");
        if number.is_empty() {
            return Err(row.fault("concept", "is empty"));
        }
        let parent = match row.get("parent") {
            "" => 0,
            parent => *places.get(parent).ok_or_else(|| row.fault("parent", "has no row above this one"))?,
        };
        if places.insert(number, concepts.len()).is_some() {
            return Err(row.fault("concept", "occurs twice"));
        }
        let element = row.get("element");
        if element.is_empty() || !elements.insert((parent, element)) {
            return Err(row.fault("element", "must be given, and be the only one of its name within the parent"));
        }
        let concept = concept(row, &concepts[parent], parent)?;
        if concepts.len() > usize::from(u16::MAX) {
            return Err(row.fault("concept", "the dataset is too large (at most 65535 concepts)"));
        }
        concepts.push(concept);
    }
    for row in sheet.rows().filter(|row| !row.get("question").is_empty()) {
        let own = places[row.get("concept")];
        concepts[own].question = Some(question(row, own, &places, &concepts)?);
    }
    for row in sheet.rows().filter(|row| !row.get("refers_to").is_empty()) {
        let own = places[row.get("concept")];
        concepts[own].refers_to = Some(referred(row, own, &places, &concepts)?);
    }
    Ok(concepts)
}

/// The concept that a row names as its question.
fn question(
    row: Row<'_>,
    own: usize,
    places: &HashMap<&str, usize>,
    concepts: &[Concept],
) -> Result<ConceptIx, TableError> {
    let asked = places.get(row.get("question")).copied();
    let asked = asked.filter(|at| *at != own && concepts[*at].kind == Kind::Boolean);
    let asked =
        asked.ok_or_else(|| row.fault("question", "must be the number of another concept, of kind `boolean`"))?;
    u16::try_from(asked).map(ConceptIx).map_err(|_| row.fault("question", "the dataset is too large"))
}

/// The concept that a row names as what it refers to.
fn referred(
    row: Row<'_>,
    own: usize,
    places: &HashMap<&str, usize>,
    concepts: &[Concept],
) -> Result<ConceptIx, TableError> {
    let is_code = |at: &usize| *at != own && concepts[*at].kind == Kind::Code && concepts[own].kind == Kind::Code;
    let found = places.get(row.get("refers_to")).copied().filter(is_code);
    let found =
        found.ok_or_else(|| row.fault("refers_to", "must be the number of another concept; both of kind `code`"))?;
    u16::try_from(found).map(ConceptIx).map_err(|_| row.fault("refers_to", "the dataset is too large"))
}

fn concept(row: Row<'_>, group: &Concept, parent: usize) -> Result<Concept, TableError> {
    if group.kind != Kind::Group {
        return Err(row.fault("parent", "is no group"));
    }
    let kind = Kind::from_name(row.get("kind")).ok_or_else(|| row.fault("kind", "is no kind of concept"))?;
    if kind != Kind::Code && !row.get("value_set").is_empty() {
        return Err(row.fault("value_set", "only a concept of kind `code` has a value set"));
    }
    if kind != Kind::Quantity && !row.get("unit").is_empty() {
        return Err(row.fault("unit", "only a concept of kind `quantity` has a unit"));
    }
    let too_many = |_| row.fault("parent", "the dataset is too large");
    Ok(Concept {
        number: row.get("concept").into(),
        name: row.get("name").into(),
        element: row.get("element").into(),
        kind,
        unit: row.get("unit").into(),
        value_set: row.get("value_set").into(),
        parent: ConceptIx(u16::try_from(parent).map_err(too_many)?),
        depth: group.depth.checked_add(1).ok_or_else(|| row.fault("parent", "lies too deep"))?,
        min: 0,
        max: None,
        in_use: false,
        question: None,
        refers_to: None,
    })
}

fn cardinality(row: Row<'_>) -> Result<(u16, Option<u16>), TableError> {
    let min = row.get("min").parse().map_err(|_| row.fault("min", "is no number"))?;
    let max = match row.get("max") {
        "*" => None,
        max => Some(max.parse().map_err(|_| row.fault("max", "is neither a number nor `*`"))?),
    };
    if max.is_some_and(|max: u16| max < min) {
        return Err(row.fault("max", "is less than `min`"));
    }
    Ok((min, max))
}

fn root(dataset: &str) -> Concept {
    Concept {
        number: Text::default(),
        name: dataset.into(),
        element: Text::default(),
        kind: Kind::Group,
        unit: Text::default(),
        value_set: Text::default(),
        parent: ConceptIx::ROOT,
        depth: 0,
        min: 1,
        max: Some(1),
        in_use: true,
        question: None,
        refers_to: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminology::Terminology;

    #[test]
    fn every_message_has_a_dataset_and_value_sets() {
        let manifest = Manifest::load(&Source::Embedded).unwrap();
        for (message, dataset) in [("kernset-2.3", "pwd-2.3"), ("kernset-neonatologie-3.0", "kernset-neonatologie-3.0")]
        {
            assert!(manifest.messages.iter().any(|name| name == message));
            let dataset = load_dataset(&Source::Embedded, dataset, message).unwrap();
            assert!(dataset.concepts().filter(|(_, concept)| concept.in_use).count() > 20);
            Terminology::load(&Source::Embedded, &dataset, []).unwrap();
        }
    }

    fn load(test: &str, rows: &str, uses: &str) -> Result<Dataset, TableError> {
        let folder = std::env::temp_dir().join(format!("ooievaar-dataset-{test}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("dataset")).unwrap();
        std::fs::create_dir_all(folder.join("messages/m")).unwrap();
        let toml = "format = 1\nmessages = [\"m\"]\n[dataset.d]\nroot_oid = \"1.2\"\n";
        std::fs::write(folder.join("ooievaar.toml"), toml).unwrap();
        let header = "concept,parent,name,element,kind,unit,value_set,source";
        std::fs::write(folder.join("dataset/d.csv"), format!("{header}\n{rows}")).unwrap();
        std::fs::write(folder.join("messages/m/concepts.csv"), format!("concept,min,max\n{uses}")).unwrap();
        let result = load_dataset(&Source::Folder(folder.clone()), "d", "m");
        std::fs::remove_dir_all(folder).unwrap();
        result
    }

    #[test]
    fn cardinality_comes_from_the_transaction() {
        let dataset = load("max", "1,,A,a,group,,,\n2,1,B,b,code,,,\n3,,C,c,date,,,\n", "1,1,1\n2,0,*\n").unwrap();
        let of = |number: &str| dataset.get(dataset.find(number).unwrap()).clone();
        assert_eq!((of("1").min, of("1").max, of("1").in_use), (1, Some(1), true));
        assert_eq!((of("2").min, of("2").max, of("2").depth), (0, None, 2));
        assert!(!of("3").in_use);
    }

    #[test]
    fn a_fault_names_its_place() {
        let cases = [
            ("a", "1,9,A,a,group,,,\n", "", "dataset/d.csv", 2, "parent"),
            ("b", "1,,A,a,group,,,\n1,,B,b,code,,,\n", "", "dataset/d.csv", 3, "concept"),
            ("c", "1,,A,a,thing,,,\n", "", "dataset/d.csv", 2, "kind"),
            ("d", "1,,A,a,code,,,\n2,1,B,b,code,,,\n", "", "dataset/d.csv", 3, "parent"),
            ("e", "1,,A,a,group,,,\n2,,B,a,code,,,\n", "", "dataset/d.csv", 3, "element"),
            ("f", "1,,A,a,date,,S,\n", "", "dataset/d.csv", 2, "value_set"),
            ("g", "1,,A,a,date,,,\n", "1,2,1\n", "messages/m/concepts.csv", 2, "max"),
            ("h", "1,,A,a,date,,,\n", "4,0,1\n", "messages/m/concepts.csv", 2, "concept"),
            ("i", "1,,A,a,group,,,\n2,1,B,b,date,,,\n", "2,0,1\n", "messages/m/concepts.csv", 2, "concept"),
        ];
        for (test, rows, uses, file, line, column) in cases {
            let fault = load(test, rows, uses).unwrap_err();
            assert_eq!((fault.file.as_str(), fault.line, fault.column.as_str()), (file, line, column), "{test}");
        }
    }
}
