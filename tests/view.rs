//! What a person reads of a case: all of it, and nothing else. The page is read here as a document of XML, by its elements
//! alone, and held against the instance.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use ooievaar::Converter;
use ooievaar::dataset::{Content, Value};
use ooievaar::view::{Language, SourceFile, page, text};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ooievaar"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap()
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn is_named(node: roxmltree::Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn all_text(node: roxmltree::Node<'_, '_>) -> String {
    node.descendants().filter(roxmltree::Node::is_text).filter_map(|text| text.text()).collect()
}

/// The body of a page: what stands there is XML as well.
fn body(page: &str) -> &str {
    let from = page.find("<body>").unwrap();
    &page[from..page.find("</html>").unwrap()]
}

/// What each value of a page says, with the place that it leads to: of the part that has all.
fn values(page: &str) -> Vec<(String, String)> {
    let document = roxmltree::Document::parse(body(page)).unwrap();
    let sections = document.descendants().filter(|node| is_named(*node, "section"));
    let is_of_all = |section: &roxmltree::Node<'_, '_>| {
        let title = all_text(section.descendants().find(|node| is_named(*node, "h2")).unwrap());
        !["In het kort", "Wat er wanneer was"].contains(&title.as_str())
    };
    let mut values = Vec::new();
    for value in
        sections.filter(is_of_all).flat_map(|section| section.descendants()).filter(|node| is_named(*node, "dd"))
    {
        let place = value.children().find(|node| is_named(*node, "a")).unwrap().attribute("href").unwrap();
        let said = value.children().find(roxmltree::Node::is_element).unwrap();
        let said = said.attribute("datetime").map_or_else(|| all_text(said), str::to_owned);
        values.push((said, place.trim_start_matches("#b").to_owned()));
    }
    values
}

/// What a value must say, worked out without the words of the page: a date as ISO 8601, a number with its digits, a text as it is.
fn must_say(content: &Content) -> Option<String> {
    match content {
        Content::Value(Value::DateTime(moment)) => Some(moment.to_local()),
        Content::Value(Value::Boolean(yes)) => Some(if *yes { "ja" } else { "nee" }.to_owned()),
        Content::Value(Value::Text(text) | Value::Count(text)) => Some(text.to_string()),
        Content::Value(Value::Identifier(id)) if !id.extension.is_empty() => Some(id.extension.to_string()),
        _ => None,
    }
}

#[test]
fn every_value_of_every_kind_is_on_its_page_and_no_other() {
    let converter = Converter::new().unwrap();
    let mut tried = BTreeMap::<String, usize>::new();
    for (kind, samples) in support::every_kind(&converter) {
        for sample in samples {
            let bytes = sample.bytes();
            let reading = converter.read(&bytes).unwrap();
            let files = [SourceFile { name: &sample.name, bytes: &bytes, is_of_one_case: true }];
            let page = page(&reading, &files, Language::Dutch);
            let mut shown: Vec<(String, String)> = values(&page);
            let leaves: Vec<_> = reading.instance.leaves().collect();
            assert_eq!(shown.len(), leaves.len(), "{}", sample.name);
            for (_, node, content) in leaves {
                let place = node.origin.position.to_string();
                let is_it =
                    |(said, at): &(String, String)| *at == place && must_say(content).is_none_or(|must| must == *said);
                let found = shown.iter().position(is_it);
                let concept = &reading.dataset().get(node.concept).number;
                shown.swap_remove(found.unwrap_or_else(|| panic!("{}: {concept} at {place}", sample.name)));
                *tried.entry(kind.name.clone()).or_default() += 1;
            }
            assert_eq!(shown, [], "{}", sample.name);
        }
    }
    assert!(tried.len() > 5 && tried.values().sum::<usize>() > 1000, "{tried:?}");
}

/// Each place that a page leads to is on it once, and the source is there to the letter.
#[test]
fn a_value_leads_to_its_place_in_a_source_that_is_whole() {
    let converter = Converter::new().unwrap();
    for path in
        ["fixtures/kernset-2.3/full-single.xml", "fixtures/kernset-2.3/early-loss.xml", "fixtures/told/texts.xml"]
    {
        let bytes = read(path);
        let reading = converter.read(&bytes).unwrap();
        let page = page(&reading, &[SourceFile { name: path, bytes: &bytes, is_of_one_case: true }], Language::English);
        let document = roxmltree::Document::parse(body(&page)).unwrap();
        let source = document.descendants().find(|node| is_named(*node, "pre")).unwrap();
        assert_eq!(all_text(source), String::from_utf8(bytes.clone()).unwrap().replace("\r\n", "\n"), "{path}");
        let mut ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        ids.sort_unstable();
        let many = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), many, "{path}");
        let links = document.descendants().filter_map(|node| node.attribute("href"));
        let lost: Vec<&str> = links.filter(|link| ids.binary_search(&link.trim_start_matches('#')).is_err()).collect();
        assert_eq!(lost, [""; 0], "{path}");
    }
}

#[test]
fn what_is_denied_or_not_known_reads_so() {
    let output = run(&["view", "--text", "fixtures/kernset-2.3/null-flavours.xml"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains(": onbekend\n"));
    let output = run(&["view", "--text", "--lang", "en", "fixtures/kernset-2.3/full-single.xml"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("Diabetes mellitus?: no\n") && shown.contains("Bloedtransfusie?: yes\n"));
    assert!(!shown.contains("Diabetes mellitus?: yes"));
}

/// A resource that no row knows is shown as it stands in the source, and named as what was not read.
#[test]
fn a_resource_that_no_row_knows_is_shown_as_it_stands() {
    let converter = Converter::new().unwrap();
    let written =
        converter.convert(&read("fixtures/kernset-2.3/minimal.xml"), ooievaar::Format::FhirJson).unwrap().output;
    let mut bundle: serde_json::Value = serde_json::from_slice(&written).unwrap();
    let entries = bundle["entry"].as_array_mut().unwrap();
    let woman = entries.iter().find(|entry| entry["resource"]["resourceType"] == "Patient").unwrap();
    let patient = format!("Patient/{}", woman["resource"]["id"].as_str().unwrap());
    entries.push(serde_json::json!({ "resource": {
        "resourceType": "AllergyIntolerance", "id": "allergie", "verificationStatus": "refuted",
        "code": { "text": "penicilline & <latex>" }, "patient": { "reference": patient }
    } }));
    let bytes = serde_json::to_vec(&bundle).unwrap();
    let reading = converter.read(&bytes).unwrap();
    let files = [SourceFile { name: "bundle.json", bytes: &bytes, is_of_one_case: true }];
    let shown = text(&reading, &files, Language::Dutch);
    let unread = shown.split("\nNiet gelezen\n").nth(1).unwrap();
    assert!(unread.starts_with("  AllergyIntolerance["));
    assert!(
        unread.contains("code.text: \"penicilline & <latex>\"") && unread.contains("verificationStatus: \"refuted\"")
    );
    assert!(!shown.split("\nNiet gelezen\n").next().unwrap().contains("penicilline"));
    let page = page(&reading, &files, Language::Dutch);
    let document = roxmltree::Document::parse(body(&page)).unwrap();
    let lost = document.descendants().find(|node| node.attribute("aria-labelledby") == Some("lost")).unwrap();
    assert!(all_text(lost).contains("code.text: \"penicilline & <latex>\""));
    assert!(!all_text(document.root_element()).contains("Alles uit de bron staat op deze pagina"));
}

/// Whatever a sender writes is text on the page, and a page asks nothing of anybody.
#[test]
fn a_page_holds_no_script_and_no_address() {
    let text = String::from_utf8(read("fixtures/told/texts.xml")).unwrap();
    let text = text.replace("curettage", "&lt;script src=\"http://example.org\"&gt;alert(1)&lt;/script&gt;");
    let reading = Converter::new().unwrap().read(text.as_bytes()).unwrap();
    let page = page(
        &reading,
        &[SourceFile { name: "<b>.xml", bytes: text.as_bytes(), is_of_one_case: true }],
        Language::Dutch,
    );
    let document = roxmltree::Document::parse(body(&page)).unwrap();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(!["script", "img", "link", "iframe", "object", "form"].contains(&node.tag_name().name()));
        for attribute in node.attributes() {
            assert!(attribute.name() != "src" && !attribute.name().starts_with("on"));
            assert!(attribute.name() != "href" || attribute.value().starts_with('#'));
        }
    }
    let head = &page[..page.find("<body>").unwrap()];
    assert!(!head.contains("http") && !head.contains("url(") && !head.contains("@import"));
}

/// Of several women in one file the page of one shows nothing of another, and the time line is in order of time, whatever the zone.
#[test]
fn a_page_of_one_case_shows_nothing_of_another() {
    let bytes = read("fixtures/broken/two-women.json");
    let all: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let entries = all["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    let records: Vec<&serde_json::Value> =
        entries.clone().filter(|own| own["resourceType"] == "EpisodeOfCare").collect();
    let case = format!("EpisodeOfCare/{}", records[0]["id"].as_str().unwrap());
    let woman = records[1]["patient"]["reference"].as_str().unwrap();
    let woman = woman.rsplit(['/', ':']).next().unwrap();
    let other = entries.clone().find(|own| own["id"] == woman).unwrap();
    let number = other["identifier"][0]["value"].as_str().unwrap();
    for form in [&["--text"][..], &[]] {
        let output = run(&[&["view", "fixtures/broken/two-women.json", "--case", &case], form].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8(output.stdout).unwrap().contains(number));
    }
}

/// A mark that turns the line round does not turn the page round.
#[test]
fn marks_that_turn_a_line_are_seen() {
    let text = String::from_utf8(read("fixtures/told/texts.xml")).unwrap();
    let text = text.replacen("curettage", "\u{202e}curettage", 1);
    let reading = Converter::new().unwrap().read(text.as_bytes()).unwrap();
    let files = [SourceFile { name: "a.xml", bytes: text.as_bytes(), is_of_one_case: true }];
    let shown = ooievaar::view::text(&reading, &files, Language::Dutch);
    assert!(shown.contains("\u{fffd}curettage") && !shown.contains("\u{202e}"));
}

#[test]
fn a_refused_file_leaves_no_page_of_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let page = page.to_str().unwrap();
    assert!(run(&["view", "fixtures/kernset-2.3/minimal.xml", "-o", page]).status.success());
    assert!(std::fs::read_to_string(page).unwrap().ends_with("</html>"));
    let refused = run(&["view", "fixtures/broken/hollow.xml", "-o", page]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(!Path::new(page).exists());
    let over_itself = run(&["view", "fixtures/kernset-2.3/minimal.xml", "-o", "fixtures/kernset-2.3/minimal.xml"]);
    assert_eq!(over_itself.status.code(), Some(2));
}

#[test]
fn the_text_of_a_whole_case() {
    let output = run(&["view", "--text", "fixtures/kernset-2.3/twins.xml"]);
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
