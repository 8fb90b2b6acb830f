//! Invented documents, there and back.

use super::{Error, ReferenceDay, Written, read, write};
use crate::dataset::{
    Code, ConceptIx, Content, Dataset, DateTime, Identifier, Instance, Kind, NodeIx, NullFlavor, Origin, Quantity,
    Value,
};
use crate::ledger::{Ledger, Reason};
use crate::plan::{AdaPlan, load_dataset};
use crate::tables::Source;
use crate::terminology::Terminology;

pub(super) struct Setup {
    pub dataset: Dataset,
    pub plan: AdaPlan,
    pub terminology: Terminology,
}

pub(super) fn setup() -> Setup {
    let dataset = load_dataset(&Source::Embedded, "pwd-2.3", "kernset-2.3").unwrap();
    let terminology = Terminology::load(&Source::Embedded, &dataset, []).unwrap();
    Setup { plan: AdaPlan::load(&Source::Embedded, "kernset-2.3").unwrap(), dataset, terminology }
}

impl Setup {
    fn read(&self, body: &str) -> (Instance, Ledger) {
        let day = ReferenceDay::parse("2020-01-01").unwrap();
        let text = document(body);
        let (instance, ledger) = read(&text, &self.dataset, &self.plan, &self.terminology, Some(day)).unwrap();
        assert!(ledger.is_balanced(), "{ledger:?}");
        assert_eq!(ledger.total as usize, leaves(&text), "every leaf is counted");
        (instance, ledger)
    }

    pub(super) fn write(&self, instance: &Instance) -> String {
        let Written { text, unwritten, .. } = write(instance, &self.dataset, &self.plan, &self.terminology);
        assert_eq!(unwritten, []);
        text
    }

    fn contents(&self, body: &str) -> Vec<Content> {
        self.read(body).0.leaves().map(|(_, _, content)| content.clone()).collect()
    }

    fn reasons(&self, body: &str) -> Vec<Reason> {
        self.read(body).1.losses.iter().map(|loss| loss.reason).collect()
    }
}

fn document(body: &str) -> String {
    format!(
        "<adaxml><meta status=\"new\"/><data><kernset_geboortezorg app=\"x\">{body}</kernset_geboortezorg></data></adaxml>"
    )
}

pub(super) fn leaves(text: &str) -> usize {
    let document = roxmltree::Document::parse(text).unwrap();
    let is_content = |node: &roxmltree::Node<'_, '_>| node.is_text() && !node.text().unwrap().trim().is_empty();
    document.descendants().map(|node| node.attributes().len() + usize::from(is_content(&node))).sum()
}

const CASE: &str = r#"
<vrouw>
  <burgerservicenummer value="123456782" root="2.16.840.1.113883.2.4.6.3"/>
  <geboortedatum value="T-31Y" datatype="date"/>
  <lengte_gemeten value="170.50" unit="cm"/>
  <etniciteit value="6" code="5" codeSystem="2.16.840.1.113883.2.4.4.13.28" displayName="Turks"/>
  <anamnese>
    <onder_behandeling_geweestq value="false"/>
    <algemene_anamnese>
      <cardiovasculaire_aandoening code="OTH" codeSystem="2.16.840.1.113883.5.1008" originalText="a &lt;b&gt; &quot;c&quot;&#10;d"/>
      <infectieziekte nullFlavor="NI"/>
    </algemene_anamnese>
  </anamnese>
</vrouw>
<zwangerschap>
  <graviditeit value="2"/>
  <graviditeit value="3"/>
  <definitieve_a_terme_datum value="2020-02" datatype="date"/>
</zwangerschap>"#;

#[test]
fn a_case_comes_back_as_it_was() {
    let setup = setup();
    let (instance, ledger) = setup.read(CASE);
    assert_eq!(ledger.losses, []);
    assert_eq!(instance.leaves().count(), 10);
    let text = setup.write(&instance);
    let (again, ledger) = read(&text, &setup.dataset, &setup.plan, &setup.terminology, None).unwrap();
    assert_eq!(ledger.losses, []);
    assert_eq!(again, instance);
    assert_eq!(setup.write(&again), text);
    assert!(text.contains(r#"conceptId="2.16.840.1.113883.2.4.3.11.60.90.77.2.6.20010" value="2"/>"#), "{text}");
    assert!(text.contains(r#"value="1989-01-01" datatype="date""#), "{text}");
    assert!(text.contains(r#"value="6" code="5""#), "the position comes from the value set: {text}");
}

#[test]
fn origin_counts_the_attributes_of_the_value() {
    let (instance, ledger) = setup().read(CASE);
    let counts: Vec<u16> = instance.leaves().map(|(_, node, _)| node.origin.leaves).collect();
    assert_eq!(counts, [2, 1, 2, 3, 1, 3, 1, 1, 1, 1]);
    assert_eq!(ledger.translated, 16);
}

#[test]
fn a_null_flavour_is_never_a_code() {
    let setup = setup();
    let group =
        |leaf: &str| format!("<vrouw><anamnese><algemene_anamnese>{leaf}</algemene_anamnese></anamnese></vrouw>");
    let by_code = group(
        r#"<cardiovasculaire_aandoening value="5" code="OTH" codeSystem="2.16.840.1.113883.5.1008" displayName="Overig"/>"#,
    );
    let by_attribute = group(r#"<cardiovasculaire_aandoening nullFlavor="OTH"/>"#);
    let expected = [Content::Null { flavor: NullFlavor::Other, original_text: None }];
    assert_eq!(setup.contents(&by_code), expected);
    assert_eq!(setup.contents(&by_attribute), expected);
    assert_eq!(setup.reasons(&by_code), []);
    let text = setup.write(&setup.read(&by_attribute).0);
    assert!(text.contains(r#"code="OTH" codeSystem="2.16.840.1.113883.5.1008" displayName="Overig""#), "{text}");
}

#[test]
fn a_boolean_can_have_its_null_flavour_as_value() {
    let body = |leaf: &str| format!("<vrouw><anamnese><onder_behandeling_geweestq {leaf}/></anamnese></vrouw>");
    let setup = setup();
    let expected = [Content::Null { flavor: NullFlavor::Unknown, original_text: None }];
    assert_eq!(setup.contents(&body("value=\"UNK\"")), expected);
    assert_eq!(setup.contents(&body("nullFlavor=\"UNK\"")), expected);
    assert_eq!(setup.reasons(&body("value=\"UNK\"")), []);
    for (read, written) in [
        ("value=\"UNK\"", " value=\"UNK\"/>"),
        ("nullFlavor=\"UNK\"", " value=\"UNK\"/>"),
        ("value=\"NI\"", " nullFlavor=\"NI\"/>"),
    ] {
        let text = setup.write(&setup.read(&body(read)).0);
        assert!(text.contains(written), "{read}: {text}");
    }
}

#[test]
fn a_number_without_a_namespace_is_in_the_only_one_that_it_can_have() {
    let setup = setup();
    for (body, expected) in [
        (r#"<vrouw><burgerservicenummer value="x"/></vrouw>"#, "2.16.840.1.113883.2.4.6.3"),
        (
            r#"<uitkomst_per_kind><baring><ziekenhuis_baring><ziekenhuisnummer_lvrid value="x"/></ziekenhuis_baring></baring></uitkomst_per_kind>"#,
            "2.16.840.1.113883.2.4.3.22.96.6",
        ),
        (r#"<vrouw><burgerservicenummer value="x" root="2.999.1"/></vrouw>"#, "2.999.1"),
        (r#"<vrouw><lokale_persoonsidentificatie value="x"/></vrouw>"#, ""),
    ] {
        let id = Identifier { root: expected.into(), extension: "x".into() };
        assert_eq!(setup.contents(body), [Content::Value(Value::Identifier(id))], "{body}");
    }
    // A number that is not known is in no namespace.
    let unknown = [Content::Null { flavor: NullFlavor::Unknown, original_text: None }];
    assert_eq!(setup.contents(r#"<vrouw><burgerservicenummer nullFlavor="UNK"/></vrouw>"#), unknown);
}

#[test]
fn concepts_are_found_by_number_and_else_by_name() {
    let setup = setup();
    for (body, found) in [
        (
            r#"<vrouw><any_name conceptId="2.16.840.1.113883.2.4.3.11.60.90.77.2.6.20212" value="1" unit="cm"/></vrouw>"#,
            1,
        ),
        (
            r#"<vrouw><any_name conceptId="2.16.840.1.113883.2.4.3.11.60.90.77.2.5.20212" value="1" unit="cm"/></vrouw>"#,
            1,
        ),
        (r#"<vrouw><lengte_gemeten conceptId="1.2.3.4" value="1" unit="cm"/></vrouw>"#, 1),
        (r#"<vrouw><any_name conceptId="1.2.3.20212" value="1" unit="cm"/></vrouw>"#, 0),
        (r#"<lengte_gemeten conceptId="2.16.840.1.113883.2.4.3.11.60.90.77.2.6.20212" value="1" unit="cm"/>"#, 0),
    ] {
        let (instance, ledger) = setup.read(body);
        assert_eq!(instance.leaves().count(), found, "{body}");
        assert_eq!(ledger.losses.is_empty(), found == 1, "{body}");
    }
}

#[test]
fn what_cannot_be_read_is_lost_with_a_reason() {
    let setup = setup();
    let vrouw = |leaf: &str| format!("<vrouw>{leaf}</vrouw>");
    for (leaf, reasons) in [
        (r#"<lengte_gemeten value="tall" unit="cm"/>"#, vec![Reason::Datatype, Reason::Datatype]),
        (r#"<geboortedatum value="2020-13-01"/>"#, vec![Reason::Datatype]),
        (r#"<anamnese><onder_behandeling_geweestq value="ja"/></anamnese>"#, vec![Reason::Datatype]),
        (r#"<etniciteit value="6"/>"#, vec![Reason::Datatype]),
        (r#"<etniciteit nullFlavor="XYZ"/>"#, vec![Reason::Datatype]),
        (
            r#"<lengte_gemeten value="1" unit="cm" nullFlavor="NI"/>"#,
            vec![Reason::Contradiction, Reason::Contradiction],
        ),
        (r#"<lengte_gemeten value="1" unit="cm" colour="red"/>"#, vec![Reason::Unknown]),
        (r#"<lengte_gemeten value="1" unit="cm">170</lengte_gemeten>"#, vec![Reason::Unknown]),
        (r#"<burgerservicenummer root="2.16.840.1.113883.2.4.6.3" nullFlavor="NAV"/>"#, vec![Reason::Namespace]),
        (r#"<hoed kleur="rood"><rand breedte="3"/>vilt</hoed>"#, vec![Reason::Unknown]),
        ("<anamnese>tekst</anamnese>", vec![Reason::Unknown]),
        (r#"<anamnese kleur="rood"/>"#, vec![Reason::Unknown]),
    ] {
        assert_eq!(setup.reasons(&vrouw(leaf)), reasons, "{leaf}");
    }
}

#[test]
fn a_loss_points_at_its_place_without_its_value() {
    let (_, ledger) = setup().read(r#"<vrouw/><vrouw><geboortedatum value="geheim"/></vrouw>"#);
    let loss = &ledger.losses[0];
    assert_eq!(loss.path.as_deref(), Some("/adaxml/data/kernset_geboortezorg/vrouw[2]/geboortedatum/@value"));
    assert!(!format!("{ledger:?}").contains("geheim"));
}

#[test]
fn an_identifier_can_be_a_root_alone() {
    let setup = setup();
    let body = r#"<vrouw><burgerservicenummer root="1.2.3"/></vrouw>"#;
    let id = Identifier { root: "1.2.3".into(), extension: "".into() };
    assert_eq!(setup.contents(body), [Content::Value(Value::Identifier(id))]);
    let (instance, _) = setup.read(body);
    let again = read(&setup.write(&instance), &setup.dataset, &setup.plan, &setup.terminology, None).unwrap().0;
    assert_eq!(again, instance);
}

#[test]
fn text_that_xml_cannot_hold_is_reported() {
    let setup = setup();
    let mut instance = Instance::new();
    let concept = |number| setup.dataset.find(number).unwrap();
    let woman = instance.add_group(NodeIx::ROOT, setup.dataset.get(concept("10400")).parent);
    let code = Code { code: "a\u{1}".into(), system: "1.2".into(), display: None, original_text: None };
    let leaf = instance.add_leaf(woman, concept("10400"), Content::Value(Value::Code(code)), Origin::default());
    let Written { text, unwritten, .. } = write(&instance, &setup.dataset, &setup.plan, &setup.terminology);
    assert_eq!(unwritten.iter().map(|u| (u.node, u.reason)).collect::<Vec<_>>(), [(leaf, Reason::Datatype)]);
    assert!(roxmltree::Document::parse(&text).is_ok());
}

#[test]
fn what_is_no_ada_document_of_the_message_is_refused() {
    let setup = setup();
    let read = |text: &str| read(text, &setup.dataset, &setup.plan, &setup.terminology, None).unwrap_err();
    assert_eq!(read("<adaxml>\n<data></dat></adaxml>"), Error::Xml { line: 2, column: 7 });
    assert!(matches!(read("<adaxml><data><other/></data></adaxml>"), Error::Root { .. }));
    let relative = document("\n<vrouw><geboortedatum value=\"T-31Y\"/></vrouw>");
    assert_eq!(read(&relative), Error::ReferenceDay { line: 2, column: 8 });
}

/// Values that a leaf of this concept can have: every member of its value set, every null flavour.
fn contents(setup: &Setup, concept: ConceptIx) -> Vec<Content> {
    let concept = setup.dataset.get(concept);
    let mut values = match concept.kind {
        Kind::Group => return Vec::new(),
        Kind::Code => {
            let members =
                setup.terminology.value_set_of(concept).map(crate::terminology::ValueSet::members).unwrap_or_default();
            let answers = members.iter().filter(|member| NullFlavor::from_code(&member.code).is_none());
            let code = |code: &str, system: &str| {
                Value::Code(Code { code: code.into(), system: system.into(), display: None, original_text: None })
            };
            let mut codes: Vec<Value> = answers.map(|member| code(&member.code, &member.system)).collect();
            codes.extend([code("outside", "1.2.3"), code("1:2=3", "")]);
            codes
        }
        Kind::Boolean => vec![Value::Boolean(true), Value::Boolean(false)],
        Kind::Date | Kind::DateTime => ["2020", "2020-02", "2020-02-29", "2020-02-29T03:04", "2020-02-29T03:04:05.60"]
            .map(|text| Value::DateTime(DateTime::from_local(text).unwrap()))
            .into(),
        Kind::Quantity => ["0", "-6.30", "170"]
            .map(|value| Value::Quantity(Quantity { value: value.into(), unit: concept.unit.clone() }))
            .into(),
        Kind::Count => vec![Value::Count("007".into())],
        Kind::Identifier => vec![Value::Identifier(Identifier { root: "1.2.3".into(), extension: " a&b ".into() })],
        Kind::String | Kind::Text | Kind::Complex | Kind::Blob => vec![Value::Text("<é> \"\n\t'\r ".into())],
    };
    let nulls = NullFlavor::ALL.iter().map(|flavor| Content::Null { flavor: *flavor, original_text: None });
    values.drain(..).map(Content::Value).chain(nulls).collect()
}

#[test]
fn every_concept_carries_every_value_there_and_back() {
    let setup = setup();
    let in_use: Vec<ConceptIx> =
        setup.dataset.concepts().filter(|(_, concept)| concept.in_use).map(|(ix, _)| ix).collect();
    for concept in in_use {
        let mut instance = Instance::new();
        let mut parent = NodeIx::ROOT;
        for group in setup.dataset.groups_between(ConceptIx::ROOT, concept) {
            parent = instance.add_group(parent, group);
        }
        for content in contents(&setup, concept) {
            instance.add_leaf(parent, concept, content, Origin::default());
        }
        let text = setup.write(&instance);
        let (again, ledger) = read(&text, &setup.dataset, &setup.plan, &setup.terminology, None).unwrap();
        assert_eq!(ledger.losses, [], "{}", setup.dataset.path(concept));
        assert!(again == instance, "{}: {text}", setup.dataset.path(concept));
    }
}

#[test]
fn a_unit_in_words_is_the_unit_itself() {
    let setup = setup();
    let body = r#"<lengte_gemeten value="3450.0" unit="gram"/>"#;
    let (instance, _) = setup.read(&format!("<vrouw>{body}</vrouw>"));
    let contents: Vec<_> = instance.leaves().map(|(_, _, content)| content.clone()).collect();
    let quantity = Quantity { value: "3450.0".into(), unit: "g".into() };
    assert_eq!(contents, [Content::Value(Value::Quantity(quantity))]);
    assert!(setup.write(&instance).contains(r#"value="3450.0" unit="gram""#));
}
