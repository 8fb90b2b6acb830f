//! Who sent it, when and to whom, in the form of published ADA documents.

use super::tests::{Setup, leaves, setup};
use super::{read, write};
use crate::dataset::{Code, Content, DateTime, Identifier, Instance, Kind, NodeIx, Origin, Value};
use crate::ledger::{Ledger, Reason};
use crate::plan::{Holds, TransmissionElement};

const WHOLE: &str = r#"<transmission_wrapper>
      <root_xml_element value="REPC_IN004014NL"/>
      <id value="m1" root="2.999.1"/>
      <creation_time value="2020-03-01T12:30:00"/>
      <interaction_id value="REPC_IN004014NL"/>
      <accept_ack_code value="AL"/>
      <receiver>
        <id value="r1" root="2.999.2"/>
        <name value="Register"/>
      </receiver>
      <sender>
        <id value="s1" root="2.999.2"/>
        <name value="Praktijk De Ooievaar"/>
      </sender>
      <controlact_wrapper>
        <author_or_performer>
          <assigned_person>
            <id value="a1" root="2.999.3"/>
            <id value="a2" root="2.999.4"/>
            <code value="03.000" code="03.000" codeSystem="2.999.5" displayName="Verloskundige"/>
            <name value="A. Auteur"/>
            <organization>
              <id value="o1" root="2.999.6"/>
              <code value="Z1" code="Z1" codeSystem="2.999.7"/>
              <name value="Praktijk De Ooievaar"/>
              <address>
                <city value="Ons Dorp"/>
              </address>
            </organization>
          </assigned_person>
        </author_or_performer>
        <overseer>
          <assigned_person>
            <id value="v1" root="2.999.3"/>
          </assigned_person>
        </overseer>
        <registration_wrapper>
          <code code="900000" codeSystem="2.16.840.1.113883.2.4.15.4" displayName="Perinatale Care Provision" value="900000"/>
          <effective_time>
            <low value="2020-03-01T12:00:00"/>
          </effective_time>
        </registration_wrapper>
      </controlact_wrapper>
    </transmission_wrapper>"#;

fn read_meta(setup: &Setup, meta: &str) -> (Instance, Ledger) {
    let text = format!("<adaxml><meta>{meta}</meta><data><kernset_geboortezorg/></data></adaxml>");
    let (instance, ledger) = read(&text, &setup.dataset, &setup.plan, &setup.terminology, None).unwrap();
    assert!(ledger.is_balanced(), "{ledger:?}");
    assert_eq!(ledger.total as usize, leaves(&text), "every leaf is counted");
    (instance, ledger)
}

#[test]
fn the_published_form_is_read_whole_and_written_as_it_was() {
    let setup = setup();
    let (instance, ledger) = read_meta(&setup, WHOLE);
    assert_eq!(ledger.losses, []);
    assert_eq!(instance.leaves().count(), 16);
    assert!(setup.write(&instance).contains(WHOLE), "{}", setup.write(&instance));
}

/// The numbers of the places below an element, with the number of the group that they stand in.
fn numbers<'a>(element: &'a TransmissionElement, within: &'a str, found: &mut Vec<(&'a str, &'a str)>) {
    let within = match &element.holds {
        Holds::Concept(number) => {
            found.push((number, within));
            number
        }
        Holds::Parts | Holds::Fixed(_) => within,
    };
    element.parts.iter().for_each(|part| numbers(part, within, found));
}

#[test]
fn every_concept_of_the_transmission_has_one_place_within_that_of_its_group() {
    let setup = setup();
    let mut found = Vec::new();
    numbers(setup.plan.transmission.as_ref().unwrap(), "", &mut found);
    let mut expected: Vec<(&str, &str)> = setup
        .dataset
        .concepts()
        .filter(|(_, concept)| concept.in_use && concept.number.starts_with('W'))
        .map(|(_, concept)| (concept.number.as_str(), setup.dataset.get(concept.parent).number.as_str()))
        .collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn every_value_of_the_transmission_comes_back() {
    let setup = setup();
    let mut instance = Instance::new();
    let mut groups = vec![NodeIx::ROOT; setup.dataset.len()];
    for (ix, concept) in setup.dataset.concepts().filter(|(_, concept)| concept.number.starts_with('W')) {
        let parent = groups[usize::from(concept.parent.0)];
        let value = match concept.kind {
            Kind::Group => {
                groups[usize::from(ix.0)] = instance.add_group(parent, ix);
                continue;
            }
            Kind::Identifier => Value::Identifier(Identifier { root: "2.999".into(), extension: "x".into() }),
            Kind::DateTime => Value::DateTime(DateTime::from_local("2020-03-01T12:30:00").unwrap()),
            Kind::Code => {
                Value::Code(Code { code: "T".into(), system: "2.999.1".into(), display: None, original_text: None })
            }
            _ => Value::Text("woord".into()),
        };
        instance.add_leaf(parent, ix, Content::Value(value), Origin::default());
    }
    let text = setup.write(&instance);
    let (again, ledger) = read(&text, &setup.dataset, &setup.plan, &setup.terminology, None).unwrap();
    assert_eq!(ledger.losses, [], "{text}");
    // The order differs: what is compared is what is written of it.
    assert_eq!(again.leaves().count(), instance.leaves().count(), "{text}");
    assert_eq!(setup.write(&again), text);
}

#[test]
fn what_the_form_fixes_or_does_not_know_is_told() {
    let setup = setup();
    for (from, to, reason) in [
        (r#"<interaction_id value="REPC_IN004014NL"/>"#, r#"<interaction_id value="OTHER"/>"#, Reason::FixedDiffers),
        (r#"<interaction_id value="REPC_IN004014NL"/>"#, r#"<interaction_id other="x"/>"#, Reason::Unknown),
        (r#"<interaction_id value="REPC_IN004014NL"/>"#, r#"<attention_line value="x"/>"#, Reason::Transport),
        ("</sender>", r#"</sender><sender><name value="x"/></sender>"#, Reason::TooMany),
        ("<controlact_wrapper>", r#"<controlact_wrapper kleur="x">"#, Reason::Unknown),
        ("</overseer>", r#"</overseer><device value="x"/>"#, Reason::Transport),
    ] {
        assert!(WHOLE.contains(from));
        let (_, ledger) = read_meta(&setup, &WHOLE.replace(from, to));
        let told: Vec<_> = ledger.losses.iter().map(|loss| (loss.reason, loss.leaves)).collect();
        assert_eq!(told, [(reason, 1)], "{to}");
    }
}

#[test]
fn the_transmission_is_no_part_of_the_case() {
    let setup = setup();
    let text = "<adaxml><data><kernset_geboortezorg><verzending><bericht_id value=\"x\"/></verzending></kernset_geboortezorg></data></adaxml>";
    let (instance, ledger) = read(text, &setup.dataset, &setup.plan, &setup.terminology, None).unwrap();
    assert_eq!((instance.leaves().count(), ledger.losses.len()), (0, 1));
}

#[test]
fn a_value_without_a_place_in_the_form_is_told() {
    let mut setup = setup();
    let (instance, _) = read_meta(&setup, WHOLE);
    setup.plan.transmission = None;
    let unwritten = write(&instance, &setup.dataset, &setup.plan, &setup.terminology).unwritten;
    assert_eq!(unwritten.len(), 16);
    assert!(unwritten.iter().all(|leaf| leaf.reason == Reason::NoPlace));
}
