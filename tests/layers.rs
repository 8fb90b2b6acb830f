//! A kind of message that is like another, and conversions to another kind than was read.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ooievaar::check::{Options, check};
use ooievaar::ledger::Reason;
use ooievaar::tables::Source;
use ooievaar::{Converter, Error, Format, Reading, Target};
use support::{Sample, differences, fixtures, published, read, reference_day};

static CONVERTER: LazyLock<Converter> =
    LazyLock::new(|| Converter::new().unwrap().with_reference_day(reference_day("kernset-2.2")));

/// What the message has and the published transaction does not name: the number of the record, and which child the data after
/// the birth are about.
const UNNAMED: [&str; 2] = ["84211", "83377"];

fn all() -> Vec<Sample> {
    let mut samples = fixtures("kernset-2.2");
    assert!(!samples.is_empty());
    for kind in ["kernset-2.2", "kernset-2.2-more"] {
        samples.extend(published(kind, "hl7v3"));
    }
    samples
}

/// Losses of what was read, for reasons that the target alone can have.
fn lost(outcome: &ooievaar::Outcome, reading: &Reading) -> Vec<(Reason, String)> {
    let own = outcome.ledger.losses.iter().skip(reading.ledger.losses.len());
    let number = |loss: &ooievaar::ledger::Loss| {
        loss.concept.map_or(String::new(), |ix| reading.dataset().get(ix).number.to_string())
    };
    own.map(|loss| (loss.reason, number(loss))).collect()
}

#[test]
fn a_message_of_2_2_comes_back_as_one_through_its_own_form_and_through_fhir() {
    for sample in all() {
        let what = &sample.name;
        let reading = read(&CONVERTER, &sample.bytes(), what);
        assert_eq!(reading.message(), "kernset-2.2", "{what}");
        for format in [Format::Hl7v3, Format::FhirJson, Format::FhirNdjson, Format::FhirXml] {
            let outcome = CONVERTER.write(reading.clone(), format).unwrap();
            let own = lost(&outcome, &reading);
            // An end before its beginning is nothing that FHIR allows, and a null flavour that the rules do not have at a
            // place is none that a message has there.
            let allowed = |(reason, number): &(Reason, String)| {
                *reason == Reason::NullFlavor || *reason == Reason::Invariant && number == "20340"
            };
            assert!(own.iter().all(allowed), "{what} to {format}: {own:?}");
            let back = read(&CONVERTER, &outcome.output, what);
            assert_eq!(back.message(), "kernset-2.2", "{what} from {format}");
            let returned = back.clone();
            let back = CONVERTER.write(back, Format::Hl7v3).unwrap();
            let own: Vec<_> = own.into_iter().chain(lost(&back, &returned)).collect();
            assert!(own.iter().all(allowed), "{what} from {format}: {own:?}");
            let again = read(&CONVERTER, &back.output, what);
            let mut found = differences(reading.dataset(), &reading.instance, &again.instance);
            found.retain(|difference| !own.iter().any(|(_, number)| difference.path.contains(number.as_str())));
            // What the message has to have stands there as not known, and is told.
            let told = outcome.missing.iter().chain(&back.missing).filter(|unmet| unmet.filler.is_some());
            let told: Vec<_> = told.map(|unmet| reading.dataset().get(unmet.concept).number.to_string()).collect();
            found.retain(|difference| !(difference.left.is_none() && told.contains(&difference.concept)));
            assert_eq!(found, [], "{what} through {format}");
        }
    }
}

#[test]
fn a_message_of_2_2_is_what_its_published_instance_is() {
    for sample in published("kernset-2.2", "hl7v3") {
        // The pairs of Nictiz: `result_` is the message made of the instance.
        let name = sample.path.file_name().unwrap().to_string_lossy().replace("result_", "");
        let twin = sample.path.parent().unwrap().parent().unwrap().join("ada").join(name);
        let Ok(ada) = std::fs::read(&twin) else { continue };
        let message = read(&CONVERTER, &sample.bytes(), &sample.name);
        let ada = read(&CONVERTER, &ada, &sample.name);
        assert_eq!((ada.message(), ada.format), ("kernset-2.2", Format::Ada));
        let mut found = differences(message.dataset(), &message.instance, &ada.instance);
        found.retain(|difference| {
            let of_transmission = difference.path.contains("/W");
            let unnamed = UNNAMED.iter().any(|number| difference.path.contains(number));
            // An instance may leave the namespace of an identifier out.
            let namespaced =
                |side: &Option<String>| side.as_ref().map(|text| text.split("extension").last().unwrap().to_owned());
            let same = namespaced(&difference.left) == namespaced(&difference.right);
            !(of_transmission || unnamed || same)
        });
        assert_eq!(found, [], "{}", sample.name);
    }
}

#[test]
fn what_another_release_does_not_have_is_lost_and_said() {
    let samples: Vec<Sample> = fixtures("kernset-2.3").into_iter().chain(all()).collect();
    let mut missed = 0;
    for sample in samples {
        let what = &sample.name;
        let reading = read(&CONVERTER, &sample.bytes(), what);
        let other = if reading.message() == "kernset-2.2" { "kernset-2.3" } else { "kernset-2.2" };
        let outcome = CONVERTER.write(reading.clone(), Target::new(other, Format::Hl7v3)).unwrap();
        assert!(outcome.ledger.is_balanced(), "{what}");
        assert_eq!(outcome.message(), other);
        let own = lost(&outcome, &reading);
        let after = read(&CONVERTER, &outcome.output, what);
        assert_eq!(after.message(), other, "{what}");
        // Each value is there under the same number, or lost by name.
        let numbers = |reading: &Reading| {
            let mut count: BTreeMap<String, usize> = BTreeMap::new();
            for (_, node, _) in reading.instance.leaves() {
                *count.entry(reading.dataset().get(node.concept).number.to_string()).or_default() += 1;
            }
            count
        };
        let arrived = numbers(&after);
        for (number, times) in numbers(&reading) {
            let gone = own.iter().filter(|(_, lost)| *lost == number).count();
            let there = arrived.get(&number).copied().unwrap_or_default();
            assert!(there + gone >= times, "{what}: {number}: {times} read, {there} there, {gone} lost: {own:?}");
        }
        for (reason, number) in &own {
            let dataset = &CONVERTER.kind(other).unwrap().dataset;
            let is_known = dataset.find(number).is_some_and(|ix| dataset.get(ix).in_use);
            assert_eq!(*reason == Reason::NotInDataset, !is_known, "{what}: {number} {}", reason.code());
            missed += usize::from(!is_known);
        }
    }
    assert!(missed > 0);
}

#[test]
fn the_order_of_the_kinds_changes_nothing() {
    let files = Source::Embedded.files().unwrap();
    let mut turned = files.clone();
    let manifest = String::from_utf8(files["ooievaar.toml"].clone()).unwrap();
    let swapped = manifest
        .replace("  \"kernset-2.2\",\n", "")
        .replace("  \"kernset-2.3\",\n", "  \"kernset-2.2\",\n  \"kernset-2.3\",\n");
    assert_ne!(manifest, swapped);
    turned.insert("ooievaar.toml".to_owned(), swapped.into_bytes());
    let turned = Converter::from_source(&Source::Memory(Arc::new(turned))).unwrap();
    for sample in fixtures("kernset-2.3").into_iter().chain(fixtures("kernset-2.2")) {
        let what = &sample.name;
        let fhir =
            [&*CONVERTER, &turned].map(|converter| converter.convert(&sample.bytes(), Format::FhirJson).unwrap());
        assert_eq!(fhir[0].output, fhir[1].output, "{what}");
        let back = [&*CONVERTER, &turned].map(|converter| converter.convert(&fhir[0].output, Format::Hl7v3).unwrap());
        assert_eq!(back[0].output, back[1].output, "{what}");
        assert_eq!(back[0].message(), fhir[0].message(), "{what}");
    }
}

#[test]
fn fhir_that_names_no_kind_is_the_one_that_holds_most() {
    let sample = &fixtures("kernset-2.2")[0];
    let fhir = CONVERTER.convert(&sample.bytes(), Format::FhirJson).unwrap().output;
    let fhir = String::from_utf8(fhir).unwrap();
    let label = "urn:oid:2.16.840.1.113883.2.4.6.10.90.73";
    assert_eq!(fhir.matches(label).count(), 1);
    let unnamed = fhir.replace(label, "urn:oid:2.999.1");
    let reading = read(&CONVERTER, unnamed.as_bytes(), "without a label");
    assert!(reading.is_chosen);
    assert_eq!(reading.message(), "kernset-2.2");
    // What both hold as well is of the one that the other is like.
    let woman =
        br#"{"resourceType": "Observation", "subject": {"reference": "Patient/b"}, "valueQuantity": {"value": 3},
        "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}"#;
    assert_eq!(read(&CONVERTER, woman, "both").message(), "kernset-2.3");
}

#[test]
fn kinds_that_hold_as_much_are_not_guessed_between() {
    // The same kind twice, of which neither is like the other.
    let mut files = Source::Embedded.files().unwrap();
    let twin = "messages/kernset-2.2-twin";
    let own: Vec<(String, Vec<u8>)> = files
        .iter()
        .filter_map(|(path, bytes)| {
            Some((format!("{twin}/{}", path.strip_prefix("messages/kernset-2.2/")?), bytes.clone()))
        })
        .collect();
    files.extend(own);
    let change = |files: &mut BTreeMap<String, Vec<u8>>, file: &str, from: &str, to: &str| {
        let text = String::from_utf8(files[file].clone()).unwrap();
        assert!(text.contains(from));
        files.insert(file.to_owned(), text.replace(from, to).into_bytes());
    };
    change(&mut files, "ooievaar.toml", "  \"kernset-2.2\",\n", "  \"kernset-2.2\",\n  \"kernset-2.2-twin\",\n");
    for file in ["message.toml", "skeleton.xml"] {
        change(&mut files, &format!("{twin}/{file}"), "10.90.73", "10.90.7316427");
    }
    let converter = Converter::from_source(&Source::Memory(Arc::new(files))).unwrap();
    let sample = &fixtures("kernset-2.2")[0];
    let fhir = String::from_utf8(converter.convert(&sample.bytes(), Format::FhirJson).unwrap().output).unwrap();
    assert_eq!(read(&converter, fhir.as_bytes(), "named").message(), "kernset-2.2");
    let unnamed = fhir.replace("urn:oid:2.16.840.1.113883.2.4.6.10.90.73", "urn:oid:2.999.1");
    let refused = converter.read(unnamed.as_bytes()).unwrap_err();
    let candidates = vec!["kernset-2.2".to_owned(), "kernset-2.2-twin".to_owned()];
    assert_eq!(refused, Error::WhichKind { candidates });
    // Unless it is said which one is meant.
    assert_eq!(
        converter.with_message("kernset-2.2").unwrap().read(unnamed.as_bytes()).unwrap().message(),
        "kernset-2.2"
    );
}

#[test]
fn a_kind_that_there_is_not_is_refused() {
    let sample = &fixtures("kernset-2.2")[0];
    let refused = CONVERTER.convert(&sample.bytes(), Target::new("kernset-9", Format::Hl7v3)).unwrap_err();
    assert!(matches!(refused, Error::NoSuchKind { known } if known.contains(&"kernset-2.2".to_owned())));
    assert!(CONVERTER.clone().with_message("kernset-9").is_err());
}

#[test]
fn kinds_that_are_like_others_are_kinds_of_their_own() {
    let converter = Converter::new().unwrap();
    let kinds = [
        "kernset-subset-screening-2.3",
        "counseling-2.3",
        "counseling-2.2",
        "combinatietest-aanvraag-2.3",
        "aanmelding-zwangerschap-2.2",
    ];
    for kind in kinds {
        for sample in fixtures(kind).into_iter().chain(published(kind, "hl7v3")) {
            let what = &sample.name;
            let reading = read(&converter, &sample.bytes(), what);
            assert_eq!(reading.message(), kind);
            // The published example of the subset has a qualifier, and an act too many.
            if kind != "kernset-subset-screening-2.3" {
                assert_eq!(reading.ledger.losses, [], "{what}");
            }
            for format in [Format::Hl7v3, Format::FhirJson] {
                let outcome = converter.write(reading.clone(), format).unwrap();
                assert_eq!(lost(&outcome, &reading), [], "{what} to {format}");
                let back = read(&converter, &outcome.output, what);
                assert_eq!(back.message(), kind, "{what} from {format}");
                assert_eq!(
                    differences(reading.dataset(), &reading.instance, &back.instance),
                    [],
                    "{what} from {format}"
                );
            }
        }
    }
}

#[test]
fn names_do_not_make_a_case_another_kind() {
    let converter = Converter::new().unwrap();
    let sample = fixtures("kernset-2.3").into_iter().find(|sample| sample.name.contains("minimal")).unwrap();
    let fhir = String::from_utf8(converter.convert(&sample.bytes(), Format::FhirJson).unwrap().output).unwrap();
    let (alive, own) = (r#""deceasedBoolean":false"#, "http://hl7.org/fhir/StructureDefinition/humanname-own");
    assert_eq!(fhir.matches(alive).count(), 1);
    let named = format!(
        r#""name":[{{"text":"Wietske van Bedenksel","family":"Bedenksel","_family":{{"extension":[
        {{"url":"{own}-prefix","valueString":"van"}},{{"url":"{own}-name","valueString":"Bedenksel"}}]}},
        "given":["Wietske"]}}],{alive}"#
    );
    let practice = r#""system":"http://fhir.nl/fhir/NamingSystem/lvr-instellingid","#;
    let numbered = format!(r#""system":"http://fhir.nl/fhir/NamingSystem/ura","value":"99000101"}},{{{practice}"#);
    let (kind, called) = (r#""resourceType":"Organization","#, r#""resourceType":"Organization","name":"Wieg","#);
    let named = fhir.replace(alive, &named).replace(practice, &numbered).replacen(kind, called, 1);
    let reading = read(&converter, named.as_bytes(), "named");
    assert!(reading.is_chosen);
    assert_eq!(reading.message(), "kernset-2.3");
}

/// The tables with one change in what is laid over others.
fn changed(file: &str, from: &str, to: &str) -> Result<Converter, Error> {
    let mut files = Source::Embedded.files().unwrap();
    let text = String::from_utf8(files[file].clone()).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    Converter::from_source(&Source::Memory(Arc::new(files)))?.ready()
}

#[test]
fn a_fault_is_told_where_it_is_written() {
    let file = "messages/kernset-2.2/rows.csv";
    let cases = [
        ("change,82220,", "change,99999,", "messages/kernset-2.2/rows.csv"),
        ("drop,82297,", "drup,82297,", "messages/kernset-2.2/rows.csv"),
        ("after 20305,41,", "after 1,41,", "messages/kernset-2.2/rows.csv"),
        ("80905.value", "80905.valeu", "messages/kernset-2.2/rows.csv"),
    ];
    for (from, to, expected) in cases {
        let Err(Error::Tables(fault)) = changed(file, from, to) else { panic!("{to} is taken") };
        assert_eq!(fault.file, expected, "{fault}");
        let text = String::from_utf8(Source::Embedded.files().unwrap()[file].clone()).unwrap();
        let line = 1 + text[..text.find(from).unwrap()].matches('\n').count() as u64;
        assert_eq!(fault.line, line, "{fault}");
    }
    // So is what is wrong with the form of a file that is laid over another.
    let mut files = Source::Embedded.files().unwrap();
    let text = String::from_utf8(files[file].clone()).unwrap();
    let changed_text = text.replace("change,82210,", "change, 82210,");
    assert_ne!(text, changed_text);
    let line = 1 + u32::try_from(text[..text.find("change,82210,").unwrap()].matches('\n').count()).unwrap();
    files.insert(file.to_owned(), changed_text.into_bytes());
    let report = check(&Source::Memory(Arc::new(files)), &Options::default()).unwrap();
    let places: Vec<_> = report.findings.iter().map(|found| (found.file.as_str(), found.line)).collect();
    assert_eq!(places, [(file, line)]);
    // A fault below is one of the file below, for whoever is like it.
    let file = "messages/kernset-2.3/rows.csv";
    let Err(Error::Tables(fault)) = changed(file, ",bsn,", ",bzn,") else { panic!("taken") };
    assert_eq!((fault.file.as_str(), fault.line > 1), (file, true));
}

/// The skeleton below still names the template that the layer took away: the fault is the row that did so.
#[test]
fn a_template_that_a_layer_takes_away_is_missed_at_its_row() {
    let folder = "messages/kernset-subset-screening-2.3";
    let table = format!("{folder}/templates.csv");
    let found = |rows: &str| {
        let mut files = Source::Embedded.files().unwrap();
        let skeleton = String::from_utf8(files[&format!("{folder}/skeleton.xml")].clone()).unwrap();
        let without: String =
            skeleton.split_inclusive('\n').filter(|line| !line.contains("name=\"delivery\"")).collect();
        assert_ne!(skeleton, without);
        files.insert(format!("{folder}/skeleton.xml"), without.into_bytes());
        files.insert(table.clone(), rows.as_bytes().to_vec());
        let report = check(&Source::Memory(Arc::new(files)), &Options::default()).unwrap();
        let found = report.findings.into_iter().filter(|found| found.code == "OOI-212");
        found.map(|found| (found.file, found.line, found.message)).collect::<Vec<_>>()
    };
    let template = "2.16.840.1.113883.2.4.6.10.90";
    let message = format!("`{template}.901101` has no row in templates.csv");
    let header = "layer,concept,template,code,code_system,source\n";
    let change = format!("change,,{template}.75,,,here\n");
    let other = format!("change,7,{template}.900989,,,here\n");
    assert_eq!(found(&format!("{header}{other}{change}")), [(table.clone(), 3, message.clone())]);
    assert_eq!(found(&format!("{header}drop,,,,,\n{other}"))[0], (table.clone(), 2, message.clone()));
    // Where nothing is taken away nothing is missed.
    assert_eq!(found(&format!("{header}{other}last,8,{template}.75,,,here\n")), []);
    // What is wrong below is wrong there.
    let mut files = Source::Embedded.files().unwrap();
    let below = "messages/kernset-2.3/skeleton.xml";
    let text = String::from_utf8(files[below].clone()).unwrap().replace("10.90.901101\"", "10.90.901110\"");
    files.insert(below.to_owned(), text.into_bytes());
    let report = check(&Source::Memory(Arc::new(files)), &Options::default()).unwrap();
    assert!(report.findings.iter().any(|found| found.code == "OOI-212" && found.file == below));
    assert!(report.findings.iter().all(|found| found.code != "OOI-212" || found.file == below));
}

#[test]
fn the_tables_of_a_kind_are_compiled_when_it_is_first_needed() {
    let file = "messages/kernset-2.2/rows.csv";
    let mut files = Source::Embedded.files().unwrap();
    let text = String::from_utf8(files[file].clone()).unwrap();
    files.insert(file.to_owned(), text.replacen("change,82220,", "change,99999,", 1).into_bytes());
    let converter = Converter::from_source(&Source::Memory(Arc::new(files))).unwrap();
    let of = |folder: &str, format: Format| {
        let sample = &fixtures(folder)[0];
        converter.convert(&sample.bytes(), format).map(|outcome| outcome.output)
    };
    // No message of another kind meets the fault, whatever it is converted to and from.
    let fhir = of("kernset-2.3", Format::FhirJson).unwrap();
    assert!(converter.convert(&fhir, Format::Hl7v3).is_ok());
    let ada = of("kernset-2.3", Format::Ada).unwrap();
    assert!(converter.convert(&ada, Format::Hl7v3).is_ok());
    let is_fault = |error: Error| matches!(error, Error::Tables(fault) if fault.file == file);
    assert!(is_fault(of("kernset-2.2", Format::FhirJson).unwrap_err()));
    assert!(is_fault(converter.kind("kernset-2.2").unwrap_err()));
    assert!(is_fault(converter.kinds().unwrap_err()));
    assert!(is_fault(converter.ready().unwrap_err()));
}

/// Also one of a concept that no message uses yet: a code map that is gone is missed, and so is this.
#[test]
fn a_value_set_that_a_dataset_names_is_missed() {
    for file in ["value-sets/HIV.csv", "value-sets/Geslacht.csv", "code-maps/geslacht.csv"] {
        let mut files = Source::Embedded.files().unwrap();
        assert!(files.remove(file).is_some(), "{file}");
        let converter = Converter::from_source(&Source::Memory(Arc::new(files))).unwrap();
        let sample = &fixtures("kernset-2.3")[0];
        let refused = converter.convert(&sample.bytes(), Format::FhirJson).unwrap_err();
        assert!(matches!(&refused, Error::Tables(fault) if fault.file == file), "{file}: {refused}");
    }
}

#[test]
fn a_row_may_be_added_to_those_below_and_take_the_place_of_its_kind() {
    let below = "concept,demand,of,values,or,filler,version,source,allow\n\
                 20305,nulls,,NI,,,,a,\n20305,members,,,,,,b,\n20330,nulls,,NI,,,,c,\n";
    let layer = "layer,concept,demand,of,values,or,filler,version,source\n\
                 also,20305,members,,9,,,,d\nalso,20305,once,,,,,,e\nalso,20330,nulls,,UNK,,,,f\n";
    let mut files = Source::Embedded.files().unwrap();
    files.insert("messages/kernset-2.3/demands.csv".to_owned(), below.into());
    files.insert("messages/kernset-2.2/demands.csv".to_owned(), layer.into());
    let laid = Source::Memory(Arc::new(files)).laid();
    let text = laid.text("messages/kernset-2.2/demands.csv").unwrap();
    let rows: Vec<String> =
        text.lines().skip(1).map(|row| row.split(',').take(4).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(rows, ["20305,nulls,,NI", "20305,members,,9", "20305,once,,", "20330,nulls,,UNK"]);
}

#[test]
fn a_table_may_be_laid_over_an_empty_one() {
    let empty = "concept,demand,of,values,or,filler,version,source,allow\n";
    let mut files = Source::Embedded.files().unwrap();
    files.insert("messages/kernset-2.3/demands.csv".to_owned(), empty.into());
    let layer = "layer,concept,demand,of,values,or,filler,version,source\nlast,20305,needed,,,,,,here\n";
    files.insert("messages/kernset-2.2/demands.csv".to_owned(), layer.into());
    files.insert("messages/kernset-subset-screening-2.3/demands.csv".to_owned(), layer.into());
    let converter = Converter::from_source(&Source::Memory(Arc::new(files))).unwrap();
    assert!(converter.kind("kernset-2.2").is_ok());
}

/// What another release knows only as a detail of an answer makes no such answer: a consult is no transfer of care.
#[test]
fn a_detail_that_moves_answers_no_question() {
    let samples: Vec<_> = fixtures("kernset-2.3").into_iter().collect();
    let mut tried = 0;
    for sample in &samples {
        let outcome = CONVERTER.convert(&sample.bytes(), Target::new("kernset-2.2", Format::Ada)).unwrap();
        let text = String::from_utf8(outcome.output).unwrap();
        assert!(!text.contains(".20360\"") && !text.contains(".42\""), "is there a transfer of care?");
        let dataset = outcome.reading.dataset();
        let is_period = |loss: &&ooievaar::ledger::Loss| {
            loss.concept.is_some_and(|concept| dataset.get(concept).number.as_str() == "20367")
        };
        let told: Vec<Reason> = outcome.ledger.losses.iter().filter(is_period).map(|loss| loss.reason).collect();
        assert!(told.iter().all(|reason| *reason == Reason::NoCarrier), "{told:?}");
        tried += told.len();
    }
    assert!(tried > 0);
}

/// A pattern that is like another holds only what it has otherwise; what is wrong with that is told where it is written.
#[test]
fn a_pattern_may_be_like_another() {
    let file = |name: &str| format!("fhir-stu3/patterns/{name}.json");
    let like = |name: &str| format!("\"@like\": \"{name}\"");
    let faults = [
        ("parity", like("pregnancy-observation"), like("nothing"), "there is no pattern `nothing`"),
        ("parity", like("pregnancy-observation"), like("parity"), "is like this one"),
        (
            "previous-birth-observation",
            like("birth-observation"),
            format!("{}, \"@without\": [\"component\"]", like("birth-observation")),
            "has no `component` to take away",
        ),
    ];
    for (name, from, to, message) in faults {
        let Err(Error::Tables(fault)) = changed(&file(name), &from, &to) else { panic!("{to} is taken") };
        assert_eq!((fault.file.as_str(), fault.line), (file(name).as_str(), 2), "{fault}");
        assert!(fault.message.contains(message), "{fault}");
    }
    // What is changed below changes what is like it, and is told once.
    let mut files = Source::Embedded.files().unwrap();
    let below = file("pregnancy-observation");
    let text = String::from_utf8(files[&below].clone()).unwrap().replace("\"extension\"", "\"extention\"");
    files.insert(below.clone(), text.into_bytes());
    let report = check(&Source::Memory(Arc::new(files)), &Options::default()).unwrap();
    let own: Vec<_> = report.findings.iter().filter(|found| found.message.contains("extention")).collect();
    assert_eq!(own.len(), 1, "{own:?}");
    assert_eq!(own[0].file, below);
}
