//! Each check finds what it is for: one fault at a time in the built-in tables, and where it is found.

// Clippy does not see that helper functions of a test are tests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use ooievaar::check::{Options, Severity, all, check};
use ooievaar::tables::Source;

/// Code of the check, file, what stands there, and what it is changed into.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("OOI-001", "value-sets/Echelon.csv", ",2.16.840.1.113883.2.4.4.13.37,", ",\"2.16.840.1.113883.2.4.4.13.37,"),
    ("OOI-002", "value-sets/Echelon.csv", "\n", "\r\n"),
    ("OOI-003", "value-sets/Echelon.csv", "display", "dispaly"),
    ("OOI-004", "value-sets/Echelon.csv", "2.16.840.1.113883.2.4.4.13.37", "2.16.840.1.113883.2.4.4.13.037"),
    ("OOI-005", "messages/kernset-2.3/message.toml", "labels =", "lables ="),
    ("OOI-006", "fhir-stu3/pwd-2.3.csv", ",geslacht,", ",,"),
    ("OOI-007", "value-sets/InterpretatieMethodeCodelijst.csv", "OOI-407: the publication says tbd", "OOI-407:"),
    ("OOI-008", "value-sets/InterpretatieMethodeCodelijst.csv", "tbd,2.16", "364320009,2.16"),
    ("OOI-009", "value-sets/Echelon.csv", "\n", " \n"),
    ("OOI-090", "fhir-stu3/answers.toml", "clinicalStatus = \"active\"", "\"clinicalStatus[\" = \"active\""),
    ("OOI-101", "messages/kernset-2.3/concepts.csv", "\n20150,0,1\n", "\n20150,0,1\n20150,0,1\n"),
    ("OOI-102", "messages/kernset-2.3/rows.csv", "\n30050,", "\n30500,"),
    ("OOI-103", "dataset/pwd-2.3.csv", "\n20290,4,", "\n20290,20340,"),
    ("OOI-104", "dataset/pwd-2.3.csv", ",WerkelijkePlaatsBaring22,", ",WerkelijkePlaatsBaring,"),
    ("OOI-105", "messages/kernset-2.3/rows.csv", "30050,Episiotomie?", "30050,Episiotomie"),
    ("OOI-106", "dataset/pwd-2.3.csv", ",graviditeit,", ",gravideteit,"),
    ("OOI-201", "messages/kernset-2.3/concepts.csv", "\n20150,0,1\n", "\n20150,0,1\n82027,0,1\n"),
    ("OOI-202", "messages/kernset-2.3/concepts.csv", "\n20150,0,1\n", "\n"),
    ("OOI-203", "messages/kernset-2.3/rows.csv", "7.parts,procedure", "7.part,procedure"),
    ("OOI-204", "messages/kernset-2.3/rows.csv", "Cervixinsufficiëntie,BL", "Cervixinsufficiëntie,TS"),
    ("OOI-205", "messages/kernset-2.3/concepts.csv", "\n20150,0,1\n", "\n20150,2,1\n"),
    (
        "OOI-206",
        "messages/kernset-2.3/rows.csv",
        "82495,Cervixinsufficiëntie?,82492.parts,observation,,2.16.840.1.113883.2.4.6.10.90.900968,17382005",
        "82495,Cervixinsufficiëntie?,82492.parts,observation,,2.16.840.1.113883.2.4.6.10.90.900975,40733004",
    ),
    ("OOI-207", "messages/kernset-2.3/rows.csv", "90.901063,PRN540701", "90.901036,PRN540701"),
    ("OOI-208", "messages/kernset-2.3/rows.csv", "PRN540701,2.16.840.1.113883.2.4.3.22.1.3,", "PRN540701,,"),
    ("OOI-209", "messages/kernset-2.3/samples.csv", "82122,90,,,day,", "82122,90,,,yes,"),
    ("OOI-210", "dataset/pwd-2.3.csv", ",lengte_gemeten,quantity,cm,", ",lengte_gemeten,quantity,mg,"),
    (
        "OOI-211",
        "messages/kernset-2.3/skeleton.xml",
        "moodCode=\"EVN\" negationInd=\"false\"",
        "moodCode=\"EVN\" negationInd=\"true\"",
    ),
    ("OOI-212", "messages/kernset-2.3/skeleton.xml", "10.90.901101\"", "10.90.901110\""),
    (
        "OOI-213",
        "messages/kernset-2.3/rows.csv",
        "82289,Abruptio placentae?,82268.parts",
        "82289,Abruptio placentae?,82291.parts",
    ),
    (
        "OOI-214",
        "messages/kernset-2.3/skeleton.xml",
        "typeCode=\"RSON\" o:slot=\"reasons\"",
        "typeCode=\"COMP\" o:slot=\"reasons\"",
    ),
    (
        "OOI-215",
        "messages/kernset-2.3/skeleton.xml",
        "<creationTime o:value=\"created\"",
        "<text o:value=\"spare\"/><creationTime o:value=\"created\"",
    ),
    ("OOI-216", "messages/kernset-2.3/rows.csv", "answer,40082,", "answer,,"),
    ("OOI-217", "messages/kernset-2.3/demands.csv", "20670,needed,", "20050,needed,"),
    (
        "OOI-218",
        "messages/kernset-2.3/demands.csv",
        ",2.16.840.1.113883.2.4.11.182 2016-11-22,",
        ",2.16.840.1.113883.2.4.11.182 2022-04-12,",
    ),
    ("OOI-301", "fhir-stu3/pwd-2.3.csv", ",period.end,", ",period.ends,"),
    ("OOI-302", "fhir-stu3/pwd-2.3.csv", ",period.end,dateTime,", ",period.end,boolean,"),
    ("OOI-303", "fhir-stu3/patterns/birth.json", "StructureDefinition/bc-Birth", "StructureDefinition/bc-Brith"),
    ("OOI-304", "fhir-stu3/patterns/problem.json", "\"subject\"", "\"asserter\""),
    ("OOI-305", "fhir-stu3/patterns/problem.json", "@woman", "@women"),
    ("OOI-306", "messages/kernset-2.3/concepts.csv", "\n20340,0,1\n", "\n20340,0,*\n"),
    ("OOI-307", "fhir-stu3/pwd-2.3.csv", "coded-problem,118940003,", "coded-problem,40733004,"),
    ("OOI-308", "fhir-stu3/pwd-2.3.csv", ",period.end,", ",period.start,"),
    ("OOI-309", "fhir-stu3/elements.csv", "Bundle,meta,2,1,Meta,,\n", ""),
    ("OOI-310", "fhir-stu3/pwd-2.3.csv", ",period.end,dateTime,,3401,3.2,", ",period.end,dateTime,,3401,2.3,"),
    ("OOI-311", "fhir-stu3/elements.csv", ",identifier,", ",identifie,"),
    (
        "OOI-312",
        "fhir-stu3/profiles.csv",
        "http://nictiz.nl/fhir/StructureDefinition/bc-PerinatalDeath,Observation,subject,1,1,\n",
        "",
    ),
    ("OOI-313", "fhir-stu3/modifiers.csv", "Procedure,notDone", "Procedure,notdone"),
    ("OOI-314", "fhir-stu3/wholes.csv", "Encounter,episodeOfCare", "Encounter,episodesOfCare"),
    ("OOI-315", "fhir-stu3/pwd-2.3.csv", ",312974005,", ",44223004,"),
    ("OOI-316", "fhir-stu3/patterns/birth-observation.json", "@woman", "@child"),
    ("OOI-317", "fhir-stu3/answers.toml", "verificationStatus = \"confirmed\"", "verificationStatus = \"refuted\""),
    (
        "OOI-318",
        "fhir-stu3/identity.toml",
        "secret_namespaces = [\"2.16.840.1.113883.2.4.6.3\"]",
        "secret_namespaces = []",
    ),
    ("OOI-401", "value-sets/Echelon.csv", "2.16.840.1.113883.2.4.4.13.37", "2.16.840.1.113883.2.4.4.13.73"),
    ("OOI-402", "value-sets/Rookgedrag.csv", "2,2.16.840.1.113883.2.4.4.13.58", "1,2.16.840.1.113883.2.4.4.13.58"),
    ("OOI-403", "value-sets/HypertensieveAandoening.csv", "Preeclampsie", "Preeclamspie"),
    ("OOI-404", "code-maps/voeding-kind.csv", "1.4.8,1,", "1.4.8,7,"),
    (
        "OOI-405",
        "code-maps/rookgedrag.csv",
        "2.16.840.1.113883.2.4.4.13.58,1,,,,unmatched",
        "2.16.840.1.113883.5.1008,1,,,,unmatched",
    ),
    ("OOI-406", "code-maps/alcoholgebruik.csv", "wider,no", "wider,"),
    ("OOI-407", "fhir-stu3/pwd-2.3.csv", ",118940003,", ",118490003,"),
    ("OOI-408", "code-systems.csv", "urn:oid:2.16.840.1.113883.2.4.4.13.37", "urn:oid:2.16.840.1.113883.2.4.4.13.36"),
    ("OOI-409", "fhir-stu3/pwd-2.3.csv", "PartusPrematurusDreig", "PartusPrematurusDrieg"),
    ("OOI-410", "value-sets/Echelon.csv", "NI,", "IN,"),
    ("OOI-411", "value-sets/SpecialismeAGBCodelijst.csv", "\n0110,", "\n110,"),
    (
        "OOI-412",
        "value-sets/GenderMedisch.csv",
        "1,2.16.840.1.113883.2.4.4.13.21,mannelijk,1,2.16.840.1.113883.2.4.11.110 2014-01-21\n2,2.16.840.1.113883.2.4.4.13.21",
        "2,2.16.840.1.113883.2.4.4.13.21,mannelijk,1,2.16.840.1.113883.2.4.11.110 2014-01-21\n1,2.16.840.1.113883.2.4.4.13.21",
    ),
    (
        "OOI-412",
        "code-maps/conditie-perineum.csv",
        "57759005,eerstegraads perineumruptuur (aandoening),equivalent,yes,value set 3.2 ProbleemNaam_Maternaal; instances 3.2 have it in this element\n\
         2.16.840.1.113883.6.96,199925004,2.16.840.1.113883.6.96,6234006,tweedegraads",
        "6234006,tweedegraads perineumruptuur (aandoening),equivalent,yes,value set 3.2 ProbleemNaam_Maternaal; instances 3.2 have it in this element\n\
         2.16.840.1.113883.6.96,199925004,2.16.840.1.113883.6.96,57759005,eerstegraads",
    ),
    ("OOI-413", "code-maps/geslacht.csv", "4.642.1.2,male,", "4.642.1.2,female,"),
    ("OOI-413", "code-maps/geboorte-placenta.csv", "408819007,geboorte", "302384005,geboorte"),
    ("OOI-414", "units.csv", "\nmmol/L,", "\nmmlo/L,"),
];

/// Faults that the facts of the publication find too: that finding stands for them, so they are looked for without these facts.
const DECIDED: &[&str] = &[
    "OOI-103", "OOI-104", "OOI-204", "OOI-205", "OOI-206", "OOI-208", "OOI-306", "OOI-307", "OOI-308", "OOI-407",
    "OOI-409",
];

/// True if a file holds facts of a publication.
fn is_fact(path: &str) -> bool {
    path.contains("published") || path.ends_with("/templates.csv")
}

/// A message without the number after `line`.
fn numberless(message: &str) -> String {
    match message.split_once("line ") {
        Some((before, after)) => format!("{before}line {}", after.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => message.to_owned(),
    }
}

#[test]
fn every_check_finds_its_fault() {
    let tables = Source::Embedded.files().unwrap();
    let mut shown = String::new();
    for (code, file, from, to) in FAULTS {
        let text = String::from_utf8(tables[*file].clone()).unwrap();
        assert!(text.contains(from), "{code}: {file} has no `{from}`");
        let mut changed: BTreeMap<String, Vec<u8>> = tables.clone();
        changed.insert((*file).to_owned(), text.replacen(from, to, 1).into_bytes());
        if DECIDED.contains(code) {
            changed.retain(|path, _| !is_fact(path));
        }
        let report = check(&Source::Memory(Arc::new(changed)), &Options::default()).unwrap();
        let found = report.findings.iter().find(|finding| finding.code == *code);
        let found = found.unwrap_or_else(|| {
            let codes: Vec<_> = report.findings.iter().map(|f| (f.code, &f.file, f.line)).collect();
            panic!("{code} is not found, but {codes:?}")
        });
        // Without the numbers of lines: they change with every row that somebody adds.
        let message = numberless(&found.message);
        let _ = writeln!(shown, "{code} {} {} {}: {message}", found.file, found.column, found.concept);
        assert!(found.line > 0 && found.start < found.end, "{code}");
    }
    insta::assert_snapshot!(shown);
    let untested: Vec<_> =
        all().map(|rule| rule.code).filter(|code| !FAULTS.iter().any(|fault| fault.0 == *code)).collect();
    // These are found when somebody asks: the one by the command (tests/mappings.rs), the other below.
    assert_eq!(untested, ["OOI-501", "OOI-502"]);
}

/// Checks whose page has no example: the list can only become shorter. The one needs a group within a group, which the small tables
/// do not have; the other is about what is beside the tables.
const WITHOUT_EXAMPLE: &[&str] = &["OOI-216", "OOI-502"];

/// What the page of a check shows: files, each with lines as they are wrong and as they are right.
fn example(page: &str) -> Vec<(String, String, String)> {
    let shown = page.split_once("## Example\n").map_or("", |(_, shown)| shown);
    let mut files = Vec::new();
    for part in shown.split("```diff\n").collect::<Vec<_>>().windows(2) {
        let file = part[0].trim_end().rsplit('\n').next().unwrap().trim_matches('`').to_owned();
        let lines = part[1].split("```").next().unwrap().lines();
        let of = |sign: char| {
            let own = lines.clone().filter_map(|line| line.strip_prefix([sign, ' ']));
            own.fold(String::new(), |text, line| text + line + "\n")
        };
        files.push((file, of('-'), of('+')));
    }
    files
}

/// What a page shows as wrong is found by its check and no other, and what it shows as right by none.
#[test]
fn the_example_on_each_page_is_what_its_check_finds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/small");
    let right = Source::Folder(folder).files().unwrap();
    let found = |tables: &BTreeMap<String, Vec<u8>>| {
        let options = Options { prove: true, ..Options::default() };
        let findings = check(&Source::Memory(Arc::new(tables.clone())), &options).unwrap().findings;
        findings.into_iter().map(|finding| (finding.code, finding.file)).collect::<Vec<_>>()
    };
    assert_eq!(found(&right), []);
    for rule in all() {
        let example = example(&rule.manual());
        let is_without = WITHOUT_EXAMPLE.contains(&rule.code);
        assert_eq!(example.is_empty(), is_without, "{} has an example, or is on the list of those without", rule.code);
        if is_without {
            continue;
        }
        let mut tables = right.clone();
        for (file, wrong, right) in &example {
            // Lines begin where lines begin.
            let text = format!("\n{}", String::from_utf8(tables[file].clone()).unwrap());
            let (wrong, right) = (format!("\n{wrong}"), format!("\n{right}"));
            assert_eq!(text.matches(&right).count(), 1, "{}: {file} has these lines once:{right}", rule.code);
            tables.insert(file.clone(), text.replacen(&right, &wrong, 1).split_off(1).into_bytes());
        }
        let mut codes = found(&tables);
        codes.dedup_by(|one, other| one.0 == other.0);
        assert!(matches!(codes.as_slice(), [(code, _)] if *code == rule.code), "{}: {codes:?}", rule.code);
    }
}

#[test]
fn what_the_caller_knows_becomes_a_finding() {
    let options =
        Options { examples: Some(std::collections::BTreeSet::new()), raise: vec!["OOI-502".to_owned()], prove: false };
    let report = check(&Source::Embedded, &options).unwrap();
    assert!(report.findings.iter().any(|finding| finding.code == "OOI-502"));
    assert_eq!(report.errors(), report.findings.len());
}

#[test]
fn groups_that_hold_each_other_are_found() {
    // Where the publication says which group holds which, that decides.
    let mut tables = Source::Embedded.files().unwrap();
    tables.retain(|path, _| !path.ends_with("/published.csv"));
    let dataset = String::from_utf8(tables["dataset/pwd-2.3.csv"].clone()).unwrap();
    let group = dataset.lines().find(|line| line.starts_with("4,,")).unwrap();
    let line = dataset.lines().position(|line| line == group).unwrap() + 1;
    let circle = dataset.replace(group, &group.replacen("4,,", "4,20290,", 1));
    tables.insert("dataset/pwd-2.3.csv".to_owned(), circle.into_bytes());
    let report = check(&Source::Memory(Arc::new(tables)), &Options::default()).unwrap();
    let at = |finding: &&ooievaar::check::Diagnostic| finding.code == "OOI-103" && finding.line as usize == line;
    assert!(report.findings.iter().any(|finding| at(&finding)));
}

#[test]
fn nothing_is_allowed_without_a_reason() {
    let file = "value-sets/InterpretatieMethodeCodelijst.csv";
    let tables = Source::Embedded.files().unwrap();
    let codes = |reason: &str| {
        let text =
            String::from_utf8(tables[file].clone()).unwrap().replace("OOI-407: the publication says tbd", reason);
        let mut changed = tables.clone();
        changed.insert(file.to_owned(), text.into_bytes());
        let report = check(&Source::Memory(Arc::new(changed)), &Options::default()).unwrap();
        report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("OOI-407: published so"), [""; 0]);
    assert_eq!(codes("OOI-407"), ["OOI-407", "OOI-007"]);
    assert_eq!(codes("OOI-407:"), ["OOI-407", "OOI-007"]);
    assert_eq!(codes("OOI-999: why not"), ["OOI-407", "OOI-007", "OOI-008"]);
}

#[test]
fn one_comment_allows_several_findings() {
    let file = "messages/kernset-2.3/skeleton.xml";
    let tables = Source::Embedded.files().unwrap();
    let element = "<outboundRelationship typeCode=\"RSON\" o:slot=\"reasons\">";
    let codes = |comment: &str| {
        let text = String::from_utf8(tables[file].clone()).unwrap();
        assert!(text.contains(element));
        let wrong = element.replace("\"RSON\"", "\"COMP\" inversionInd=\"true\"");
        let mut changed = tables.clone();
        changed.insert(file.to_owned(), text.replacen(element, &format!("{comment}\n{wrong}"), 1).into_bytes());
        let report = check(&Source::Memory(Arc::new(changed)), &Options::default()).unwrap();
        report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let found = codes("<!-- told apart below -->");
    assert!(found.len() >= 2 && found[0] != found[1], "{found:?}");
    let both = format!("<!-- allow {}: one; or the other; {}: two -->", found[0], found[1]);
    assert_eq!(codes(&both), found[2..]);
}

#[test]
fn an_answer_of_a_demand_is_one_that_its_concept_can_give() {
    let file = "messages/kernset-2.3/demands.csv";
    let tables = Source::Embedded.files().unwrap();
    let text = String::from_utf8(tables[file].clone()).unwrap();
    let row = text.lines().find(|line| line.contains(",true,") && line.contains("needed")).unwrap();
    let mut changed = tables.clone();
    changed.insert(file.to_owned(), text.replace(row, &row.replace(",true,", ",yes,")).into_bytes());
    let report = check(&Source::Memory(Arc::new(changed)), &Options::default()).unwrap();
    let line = 1 + text.lines().position(|line| line == row).unwrap();
    let found = &report.findings[0];
    assert_eq!((found.file.as_str(), found.line as usize, found.column.as_str()), (file, line, "values"));
    assert!(found.message.contains("true, false or absent"), "{}", found.message);
}

/// JSON with a slip of the keyboard is found at the line at which a conversion refuses it.
#[test]
fn json_that_cannot_be_read_is_found_at_its_line() {
    let file = "fhir-stu3/patterns/problem.json";
    let mut tables = Source::Embedded.files().unwrap();
    let text = String::from_utf8(tables[file].clone()).unwrap();
    let without: Vec<&str> = text.lines().enumerate().filter(|(at, _)| *at != 6).map(|(_, line)| line).collect();
    tables.insert(file.to_owned(), without.join("\n").into_bytes());
    let source = Source::Memory(Arc::new(tables));
    let refused = ooievaar::Converter::from_source(&source).and_then(ooievaar::Converter::ready).unwrap_err();
    let report = check(&source, &Options::default()).unwrap();
    let found = report.findings.iter().find(|finding| finding.code == "OOI-001").unwrap();
    assert_eq!((found.file.as_str(), found.line), (file, 7));
    assert!(refused.to_string().contains(&format!("{file}:7: ")), "{refused}");
}

/// What a spreadsheet can make of a table without changing a cell.
fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let cells = |separator: &str, cell: &dyn Fn(&str) -> String| -> String {
        let rows = text.lines().map(|line| line.split(',').map(cell).collect::<Vec<_>>().join(separator) + "\n");
        rows.collect()
    };
    let plain = |cell: &str| cell.to_owned();
    let utf16 = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    vec![
        ("semicolons", cells(";", &plain).into_bytes()),
        ("tabs", cells("\t", &plain).into_bytes()),
        ("spaces around cells", cells(",", &|cell| format!(" {cell} ")).into_bytes()),
        ("quotes", cells(",", &|cell| format!("\"{cell}\"")).into_bytes()),
        ("quotes and semicolons", cells(";", &|cell| format!("\"{cell}\"")).into_bytes()),
        ("cells beyond the last", text.replace('\n', ",\n").into_bytes()),
        ("cells beyond the last in one row", text.replacen('\n', ",,\n", 2).into_bytes()),
        (
            "a line of separators",
            format!("{text}{}\n", ",".repeat(text.lines().next().unwrap().matches(',').count())).into_bytes(),
        ),
        ("a line of spaces", format!("{text}  \n").into_bytes()),
        ("blank lines", text.replace('\n', "\n\n").into_bytes()),
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("no last line end", text.trim_end().as_bytes().to_vec()),
        ("a byte-order mark", format!("\u{feff}{text}").into_bytes()),
        ("a byte-order mark and semicolons", format!("\u{feff}{}", cells(";", &plain)).into_bytes()),
        ("UTF-16", utf16),
        ("Windows-1252", text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()),
    ]
}

#[test]
fn what_a_conversion_refuses_is_an_error_of_the_check() {
    let tables = Source::Embedded.files().unwrap();
    let mut refused = 0;
    for file in [
        "value-sets/HypertensieveAandoening.csv",
        "code-maps/rookgedrag.csv",
        "messages/kernset-2.3/concepts.csv",
        "hl7v3/modifiers.csv",
    ] {
        let text = String::from_utf8(tables[file].clone()).unwrap();
        for (form, bytes) in forms(&text) {
            // A comma in a cell is not taken apart here as a spreadsheet would: then it is another table.
            let mut changed = tables.clone();
            changed.insert(file.to_owned(), bytes);
            let source = Source::Memory(Arc::new(changed));
            if let Err(error) = ooievaar::Converter::from_source(&source).and_then(ooievaar::Converter::ready) {
                refused += 1;
                let report = check(&source, &Options::default()).unwrap();
                let error_here = report.findings.iter().any(|f| f.severity == Severity::Error && f.file == file);
                assert!(error_here, "{file} with {form}: {error}");
            }
        }
    }
    assert!(refused > 25, "{refused}");
}
