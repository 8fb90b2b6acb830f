//! The HL7v3 engine, on an invented message that has one of everything (`tests/tables/hl7v3`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use ooievaar::dataset::{
    Concept, ConceptIx, Content, Dataset, Identifier, Instance, Kind, NodeIx, Origin, Text, Value,
};
use ooievaar::hl7v3::{Refusal, Written, read, recognises, write};
use ooievaar::ledger::{Ledger, Reason};
use ooievaar::plan::hl7v3::MessagePlan;
use ooievaar::tables::{Sheet, Source};
use ooievaar::terminology::Terminology;
use roxmltree::Document;

fn source() -> Source {
    Source::Folder(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tables/hl7v3"))
}

fn dataset() -> Dataset {
    let sheet = Sheet::load(&source(), "dataset/mini.csv", &["concept", "parent", "kind", "max", "question"]).unwrap();
    let concept = |number: &str, parent: u16, depth: u8, kind: Kind, max: Option<u16>| Concept {
        number: number.into(),
        name: number.into(),
        element: number.into(),
        kind,
        unit: Text::default(),
        value_set: Text::default(),
        parent: ConceptIx(parent),
        depth,
        min: 0,
        max,
        in_use: true,
        question: None,
        refers_to: None,
    };
    let mut concepts = vec![concept("", 0, 0, Kind::Group, Some(1))];
    for row in sheet.rows() {
        let parent = concepts.iter().position(|c| c.number == row.get("parent")).unwrap();
        let kind = Kind::from_name(row.get("kind")).unwrap();
        let depth = concepts[parent].depth + 1;
        let parent = u16::try_from(parent).unwrap();
        concepts.push(concept(row.get("concept"), parent, depth, kind, row.get("max").parse().ok()));
    }
    for row in sheet.rows().filter(|row| !row.get("question").is_empty()) {
        let find = |number: &str| concepts.iter().position(|concept| concept.number == number).unwrap();
        let (own, question) = (find(row.get("concept")), find(row.get("question")));
        concepts[own].question = Some(ConceptIx(u16::try_from(question).unwrap()));
    }
    Dataset::new("mini".into(), "1.2.3".into(), concepts)
}

struct Mini {
    dataset: Dataset,
    plan: MessagePlan,
}

impl Mini {
    fn new() -> Self {
        let dataset = dataset();
        let plan = MessagePlan::load(&source(), "mini", &dataset).unwrap();
        Self { dataset, plan }
    }

    fn read(&self, xml: &str) -> (Instance, Ledger) {
        let document = Document::parse(xml).unwrap();
        let (instance, ledger) = read(&self.plan, &self.dataset, document.root_element()).unwrap();
        assert!(ledger.is_balanced(), "{ledger:?}");
        assert_eq!(ledger.total, count(&document), "every leaf is counted once");
        (instance, ledger)
    }

    /// Reads the content of a `Care` element.
    fn care(&self, content: &str) -> (Instance, Ledger) {
        self.read(&format!(
            "<Care xmlns='urn:hl7-org:v3' xmlns:x='http://www.w3.org/2001/XMLSchema-instance' \
             classCode='PCPR'>{content}</Care>"
        ))
    }

    /// Reads what is lost nowhere, and checks that it survives being written and read.
    fn clean(&self, content: &str) -> Instance {
        let (instance, ledger) = self.care(content);
        assert!(ledger.losses.is_empty(), "{:?}", ledger.losses);
        self.there_and_back(&instance);
        instance
    }

    fn there_and_back(&self, instance: &Instance) -> String {
        let Written { text, unwritten, .. } = write(&self.plan, &self.dataset, &Terminology::default(), instance);
        assert_eq!(unwritten, [], "{text}");
        let (again, ledger) = self.read(&text);
        assert!(ledger.losses.is_empty(), "{:?}\n{text}", ledger.losses);
        assert_eq!(again, instance.normalized(), "{}\n{}\n{text}", self.show(&again), self.show(instance));
        assert_eq!(write(&self.plan, &self.dataset, &Terminology::default(), &again.normalized()).text, text);
        text
    }

    /// The instance as text: `number=value` for leaves, `number{…}` for groups.
    fn show(&self, instance: &Instance) -> String {
        self.show_node(&instance.normalized(), NodeIx::ROOT)
    }

    fn show_node(&self, instance: &Instance, at: NodeIx) -> String {
        let parts: Vec<String> = instance
            .children(at)
            .map(|ix| {
                let node = instance.node(ix);
                let number = &self.dataset.get(node.concept).number;
                match &node.content {
                    None => format!("{number}{{{}}}", self.show_node(instance, ix)),
                    Some(content) => format!("{number}={}", value(content)),
                }
            })
            .collect();
        parts.join(" ")
    }
}

fn value(content: &Content) -> String {
    use ooievaar::dataset::Value;
    match content {
        Content::Null { flavor, original_text } => {
            format!("~{flavor}{}", original_text.as_deref().map(|text| format!("({text})")).unwrap_or_default())
        }
        Content::Value(value) => match value {
            Value::Code(code) => format!("{}|{}", code.code, code.system),
            Value::Boolean(answer) => answer.to_string(),
            Value::DateTime(moment) => moment.to_hl7(),
            Value::Quantity(quantity) => format!("{}{}", quantity.value, quantity.unit),
            Value::Count(number) => number.to_string(),
            Value::Identifier(id) => format!("{}^{}", id.root, id.extension),
            Value::Text(text) => format!("'{text}'"),
        },
    }
}

/// Counts leaves without the engine.
fn count(document: &Document<'_>) -> u32 {
    let leaves = document.descendants().map(|node| {
        if node.is_text() { usize::from(!node.text().unwrap().trim().is_empty()) } else { node.attributes().len() }
    });
    u32::try_from(leaves.sum::<usize>()).unwrap()
}

fn reasons(ledger: &Ledger) -> Vec<(Reason, u32, &str)> {
    ledger.losses.iter().map(|loss| (loss.reason, loss.leaves, loss.path.as_deref().unwrap())).collect()
}

fn observation(template: &str, code: &str, rest: &str) -> String {
    format!(
        "<pertinent typeCode='PERT'><observation classCode='OBS' moodCode='EVN'><templateId root='{template}'/>\
         <code code='{code}' codeSystem='1.1' displayName='whatever'/>{rest}</observation></pertinent>"
    )
}

#[test]
fn a_full_message_survives() {
    let mini = Mini::new();
    let (instance, ledger) = mini.read(
        "<?xml version='1.0'?><?pi x?><h:Message xmlns:h='urn:hl7-org:v3' xmlns:e='urn:example:extension' \
         xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:schemaLocation='urn:hl7-org:v3 a.xsd'>\
         <h:id root='1.9' extension='m'/><h:versionCode code='2017'/><h:subject typeCode='SUBJ'>\
         <h:Care classCode='PCPR'><h:templateId root='9.9.1'/><h:templateId root='9.9.2'/><h:title>Anything</h:title>\
         <h:effectiveTime><h:low value='20210512'/><h:high nullFlavor='UNK'/></h:effectiveTime>\
         <h:patient><h:id root='5.2' extension='L'/><h:id root='5.1' extension='B'/>\
         <!-- c --><h:postalCode><![CDATA[1234 ]]><!-- c -->AB</h:postalCode><e:deceasedInd value='false'/>\
         <h:uncertaintyCode code='U' codeSystem='1.2'/></h:patient>\
         <h:verifier typeCode='LA'><h:statusCode code='active'/></h:verifier></h:Care></h:subject></h:Message>",
    );
    assert!(ledger.losses.is_empty(), "{:?}", ledger.losses);
    let expected = "W0{W1=1.9^m} 10{11=20210512 12=~UNK 13=active|7.7} \
                    20{21=5.1^B 22='1234 AB' 23=false 24=5.2^L 25=true}";
    assert_eq!(mini.show(&instance), expected);
    let text = mini.there_and_back(&instance);
    assert!(text.contains("<ext:deceasedInd value=\"false\"/>"), "{text}");
}

#[test]
fn values_of_every_datatype() {
    let mini = Mini::new();
    let instance = mini.clean(
        &[
            observation("8.31", "H", "<value x:type='PQ' value='6.30' unit='cm'/>"),
            observation(
                "8.32",
                "S",
                "<value x:type='CV' code='1' codeSystem='2.2' codeSystemName='n' displayName='d'/>",
            ),
            observation(
                "8.32",
                "S",
                "<value x:type='CE' code='OTH' codeSystem='2.16.840.1.113883.5.1008' displayName='d'/>",
            ),
            observation(
                "8.32",
                "S",
                "<value x:type='CE' nullFlavor='OTH'><originalText>a &lt; b</originalText></value>",
            ),
            observation("8.33", "G", "<value x:type='INT' value='2'/>"),
            observation("8.34", "R", "<value x:type='ST'> a\n&amp; b&#13; </value>"),
        ]
        .concat(),
    );
    assert_eq!(mini.show(&instance), "30{31=6.30cm 32=1|2.2 32=~OTH 32=~OTH(a < b) 33=2 34=' a\n& b\r '}");
}

#[test]
fn values_that_do_not_parse_are_lost() {
    let mini = Mini::new();
    for (template, code, value, leaves) in [
        ("8.31", "H", "<value x:type='PQ' value='6,3' unit='cm'/>", 3),
        ("8.33", "G", "<value x:type='INT' value='two'/>", 2),
        ("8.33", "G", "<value x:type='PQ' value='2'/>", 2),
        ("8.32", "S", "<value x:type='BL' value='true'/>", 1),
        ("8.32", "S", "<value x:type='CE'/>", 1),
        ("8.32", "S", "<value x:type='CE' nullFlavor='XYZ'/>", 2),
    ] {
        let (instance, ledger) = mini.care(&observation(template, code, value));
        assert_eq!(mini.show(&instance), "", "{value}");
        let lost: Vec<_> = ledger.losses.iter().filter(|loss| loss.reason == Reason::Datatype).collect();
        assert_eq!(lost.len(), 1, "{value}");
        assert_eq!(lost[0].leaves, leaves, "{value}");
        assert!(lost[0].concept.is_some());
    }
}

#[test]
fn a_boolean_stated_with_every_value() {
    let mini = Mini::new();
    let answer = |negated: &str, value: &str| {
        format!(
            "<pertinent typeCode='PERT'><observation classCode='OBS' moodCode='EVN'{negated}>\
             <templateId root='8.51'/><code code='Q' codeSystem='1.1'/>{value}</observation></pertinent>"
        )
    };
    let value = |code: &str| format!("<value x:type='CE' code='{code}' codeSystem='2'/>");
    let no = " negationInd='true'";
    let yes = " negationInd='false'";
    assert_eq!(mini.show(&mini.clean(&answer(no, ""))), "50{51=false}");
    assert_eq!(mini.show(&mini.clean(&answer(" nullFlavor='NASK'", ""))), "50{51=~NASK}");
    assert_eq!(mini.show(&mini.clean(&answer("", &value("a")))), "50{51=true 52=a|2}");
    let date = "<effectiveTime value='2021'/>";
    assert_eq!(mini.show(&mini.clean(&answer("", date))), "50{51=true 53=2021}");
    let three = [
        answer(yes, &format!("{date}{}", value("a"))),
        answer(yes, &format!("{date}{}", value("b"))),
        answer(yes, &format!("{date}{}", value("c"))),
    ];
    let instance = mini.clean(&three.concat());
    assert_eq!(mini.show(&instance), "50{51=true 52=a|2 52=b|2 52=c|2 53=2021}");
    let answer_leaf = mini.dataset.find("51").unwrap();
    let (_, node, _) = instance.leaves().find(|(_, node, _)| node.concept == answer_leaf).unwrap();
    assert_eq!(node.origin.leaves, 3);

    let (instance, ledger) = mini.care(&[answer(yes, &value("a")), answer(no, "")].concat());
    assert_eq!(mini.show(&instance), "50{51=true 52=a|2}");
    assert_eq!(reasons(&ledger), [(Reason::Contradiction, 6, "/Care/pertinent[2]/observation[1]")]);
}

fn history(content: &str) -> String {
    format!(
        "<pertinent typeCode='PERT'><organizer classCode='CONTAINER' moodCode='EVN'><templateId root='8.40'/>\
         <code code='A' codeSystem='1.1'/>{content}</organizer></pertinent>"
    )
}

#[test]
fn groups_without_nodes_are_packed() {
    let mini = Mini::new();
    let diagnosis = |inner: &str| {
        format!(
            "<component typeCode='COMP'><organizer classCode='CONTAINER' moodCode='EVN'>\
             <code code='Diagnosis' codeSystem='1.1'/>{inner}</organizer></component>"
        )
    };
    let what = |code: &str| {
        format!(
            "<component typeCode='COMP'><observation classCode='OBS' moodCode='EVN'><templateId root='8.61'/>\
             <code code='D1' codeSystem='1.1'/><value x:type='CE' code='{code}' codeSystem='2'/></observation></component>"
        )
    };
    let bled = "<component typeCode='COMP'><observation classCode='OBS' moodCode='EVN'><templateId root='8.62'/>\
                <code code='D2' codeSystem='1.1'/><value x:type='BL' value='true'/></observation></component>";
    let treated = "<component typeCode='COMP' contextConductionInd='true'><observation classCode='OBS' moodCode='EVN'>\
                   <templateId root='8.41'/><code code='T' codeSystem='1.1'/><value x:type='BL' nullFlavor='ASKU'/>\
                   </observation></component>";
    let two = [
        history(&[treated, &diagnosis(&what("a")), &diagnosis(&what("b")), &diagnosis(bled)].concat()),
        // Several in one organizer are read too.
        history(&diagnosis(&[&what("c"), bled].concat())),
    ];
    let instance = mini.clean(&two.concat());
    assert_eq!(mini.show(&instance), "40{41=~ASKU 60{61=a|2 62=true} 60{61=b|2}} 40{60{61=c|2 62=true}}");
}

#[test]
fn template_decides_between_equal_codes_and_code_when_there_is_no_template() {
    let mini = Mini::new();
    let inner = |template: &str| {
        let template = if template.is_empty() { String::new() } else { format!("<templateId root='{template}'/>") };
        history(&format!(
            "<component typeCode='COMP'><observation classCode='OBS' moodCode='EVN'>{template}\
             <code code='S' codeSystem='1.1'/><value x:type='CE' code='v' codeSystem='2'/></observation></component>"
        ))
    };
    // Code S is smoking at the top, and something else in a history.
    assert_eq!(mini.show(&mini.clean(&inner("8.42"))), "40{42=v|2}");
    assert_eq!(mini.show(&mini.clean(&inner(""))), "40{42=v|2}");
    let (instance, ledger) = mini.care(&inner("8.99"));
    assert_eq!(mini.show(&instance), "40{42=v|2}", "known by its code");
    assert_eq!(ledger.losses[0].reason, Reason::FixedDiffers, "and the templateId is reported");
}

#[test]
fn a_known_template_with_another_code_is_read_and_reported() {
    let mini = Mini::new();
    let (instance, ledger) = mini.care(&observation("8.33", "other", "<value x:type='INT' value='2'/>"));
    assert_eq!(mini.show(&instance), "30{33=2}");
    assert_eq!(reasons(&ledger), [(Reason::FixedDiffers, 1, "/Care/pertinent[1]/observation[1]/code[1]/@code")]);
}

#[test]
fn what_the_plan_does_not_know_is_lost_as_a_whole() {
    let mini = Mini::new();
    let unknown = observation("7.7", "unknown", "<value x:type='INT' value='2'/>");
    let known = observation("8.33", "G", "<value x:type='INT' value='2'/>");
    let (instance, ledger) = mini.care(&[unknown.as_str(), &known, "<new a='1'>text<b c='2'/></new>"].concat());
    assert_eq!(mini.show(&instance), "30{33=2}");
    assert_eq!(
        reasons(&ledger),
        [(Reason::Unknown, 8, "/Care/pertinent[1]/observation[1]"), (Reason::Unknown, 3, "/Care/new[1]")]
    );
    let (_, ledger) = mini.care("<title xmlns='urn:other'>Care</title><patient new='1'>text</patient>");
    assert_eq!(
        reasons(&ledger),
        [
            (Reason::Unknown, 1, "/Care/title[1]"),
            (Reason::Unknown, 1, "/Care/patient[1]/@new"),
            (Reason::Unknown, 1, "/Care/patient[1]/text()"),
        ]
    );
}

#[test]
fn identifiers_are_told_apart_by_namespace() {
    let mini = Mini::new();
    let ids = "<id root='5.9' extension='x'/><id root='5.2' extension='y'/><id root='5.1' extension='z'/>";
    let instance = mini.clean(&format!("<patient>{ids}</patient>"));
    assert_eq!(mini.show(&instance), "20{21=5.1^z 24=5.2^y 26=5.9^x}");
    let (instance, ledger) = mini.care("<custodian><id root='5.9' extension='x'/></custodian>");
    assert_eq!(mini.show(&instance), "");
    assert_eq!(reasons(&ledger), [(Reason::Namespace, 2, "/Care/custodian[1]/id[1]")]);
    for unknown in ["<id root='5.1' nullFlavor='UNK'/>", "<id nullFlavor='UNK'/>"] {
        let instance = mini.clean(&format!("<patient>{unknown}</patient>"));
        assert_eq!(mini.show(&instance), "20{21=~UNK}");
    }
    // Of an identifier without a namespace nobody knows whether it is the first one.
    let nameless = mini.clean("<patient><id nullFlavor='UNC' extension='x'/></patient>");
    assert_eq!(mini.show(&nameless), "20{26=^x}");
    let (instance, ledger) = mini.care("<custodian><id extension='x'/></custodian>");
    assert_eq!(mini.show(&instance), "");
    assert_eq!(reasons(&ledger), [(Reason::Namespace, 1, "/Care/custodian[1]/id[1]")]);
    let two = mini.clean("<patient><id root='5.2' extension='x'/><id root='5.2' extension='y'/></patient>");
    assert_eq!(mini.show(&two), "20{24=5.2^x 24=5.2^y}", "an element is repeated for a concept that repeats");
    let twice = mini.clean(
        "<patient><id root='5.2' extension='x'/></patient><custodian><id root='5.2' extension='x'/></custodian>",
    );
    assert_eq!(mini.show(&twice), "20{24=5.2^x}", "what the message says in two places is said once");
}

#[test]
fn the_namespace_that_the_tables_fix_need_not_be_said() {
    let mini = Mini::new();
    let mut instance = Instance::new();
    let patient = instance.add_group(NodeIx::ROOT, mini.dataset.find("20").unwrap());
    let id = Identifier { root: Text::default(), extension: "x".into() };
    let content = Content::Value(Value::Identifier(id));
    instance.add_leaf(patient, mini.dataset.find("21").unwrap(), content, Origin::default());
    let Written { text, unwritten, .. } = write(&mini.plan, &mini.dataset, &Terminology::default(), &instance);
    assert_eq!(unwritten, []);
    assert_eq!(mini.show(&mini.read(&text).0), "20{21=5.1^x}");
}

#[test]
fn narrative_is_lost_as_narrative() {
    let mini = Mini::new();
    let (_, ledger) = mini.care("<text>all <b s='1'>again</b></text>");
    assert_eq!(
        reasons(&ledger),
        [(Reason::Narrative, 1, "/Care/text[1]/text()"), (Reason::Narrative, 2, "/Care/text[1]/b[1]")]
    );
}

fn child(number: Option<u8>, content: &str) -> String {
    let number = number.map(|number| {
        format!(
            "<outboundRelationship typeCode='COMP'><observation classCode='OBS' moodCode='EVN'><templateId root='8.71'/>\
             <code code='N' codeSystem='1.1'/><value x:type='INT' value='{number}'/></observation></outboundRelationship>"
        )
    });
    format!(
        "<pertinent typeCode='PERT'><procedure classCode='PROC' moodCode='EVN'><templateId root='8.70'/>\
         <id nullFlavor='NI'/><code code='Birth' codeSystem='1.1'/>{content}{}</procedure></pertinent>",
        number.unwrap_or_default()
    )
}

fn fed(code: &str) -> String {
    format!(
        "<outboundRelationship typeCode='COMP'><observation classCode='OBS' moodCode='EVN'><templateId root='8.77'/>\
         <code code='F' codeSystem='1.1'/><value x:type='CE' code='{code}' codeSystem='2'/></observation></outboundRelationship>"
    )
}

#[test]
fn aligned_groups_share_a_node() {
    let mini = Mini::new();
    let born = "<subject typeCode='SBJ'><person classCode='PSN'><birthTime value='20210101'/></person></subject>";
    let twins = [child(Some(2), born), child(Some(1), &fed("a"))].concat();
    let instance = mini.clean(&twins);
    assert_eq!(mini.show(&instance), "70{71=2 72=20210101} 70{71=1} 75{76=1 77=a|2}");
    let copy = mini.dataset.find("76").unwrap();
    let (_, node, _) = instance.leaves().find(|(_, node, _)| node.concept == copy).unwrap();
    assert_eq!(node.origin.leaves, 0, "a copy is made from no leaves of its own");

    let without = [child(None, born), child(None, &[born, &fed("b")].concat())].concat();
    let (instance, ledger) = mini.care(&without);
    assert!(ledger.losses.is_empty());
    let group = mini.dataset.find("75").unwrap();
    assert_eq!(instance.occurrences(NodeIx::ROOT, group).count(), 2, "padded, so that positions correspond");
    let Written { text, unwritten, .. } = write(&mini.plan, &mini.dataset, &Terminology::default(), &instance);
    assert_eq!(unwritten, []);
    assert_eq!(mini.read(&text).0, instance);
}

#[test]
fn an_aligned_group_without_its_partner_has_no_carrier() {
    let mini = Mini::new();
    let (instance, _) = mini.care(&child(Some(1), &fed("a")));
    let mut alone = Instance::new();
    for (_, node, content) in instance.leaves() {
        let group = mini.dataset.get(node.concept).parent;
        if mini.dataset.get(group).number == "75" {
            let group = alone.add_group(NodeIx::ROOT, group);
            alone.add_leaf(group, node.concept, content.clone(), node.origin);
        }
    }
    let Written { unwritten, .. } = write(&mini.plan, &mini.dataset, &Terminology::default(), &alone);
    assert_eq!(unwritten.len(), 2);
    assert!(unwritten.iter().all(|leaf| leaf.reason == Reason::NoCarrier));
}

#[test]
fn slots_with_one_name_are_told_apart_by_type_code() {
    let mini = Mini::new();
    let inner = |kind: &str, code: &str| {
        format!(
            "<outboundRelationship typeCode='{kind}'><observation classCode='OBS' moodCode='EVN'>\
             <code code='X' codeSystem='1.1'/><value x:type='CE' code='{code}' codeSystem='2'/></observation></outboundRelationship>"
        )
    };
    let instance = mini.clean(&child(None, &[inner("COMP", "out"), inner("RSON", "why")].concat()));
    assert_eq!(mini.show(&instance), "70{73=why|2 74=out|2}");
}

#[test]
fn a_second_value_where_the_dataset_has_one_is_too_many() {
    let mini = Mini::new();
    let (instance, ledger) = mini.care(
        &[
            observation("8.33", "G", "<value x:type='INT' value='2'/>"),
            observation("8.33", "G", "<value x:type='INT' value='3'/>"),
            observation("8.33", "G", "<value x:type='INT' value='2'/>"),
        ]
        .concat(),
    );
    assert_eq!(mini.show(&instance), "30{33=2}");
    assert_eq!(reasons(&ledger), [(Reason::TooMany, 2, "/Care/pertinent[2]/observation[1]/value[1]")]);
}

#[test]
fn what_cannot_be_written_is_told() {
    use ooievaar::dataset::{Identifier, NullFlavor, Origin, Value};
    let mini = Mini::new();
    let find = |number: &str| mini.dataset.find(number).unwrap();
    let text = |text: &str| Content::Value(Value::Text(text.into()));
    let id = |root: &str| Content::Value(Value::Identifier(Identifier { root: root.into(), extension: "x".into() }));
    let null = || Content::Null { flavor: NullFlavor::Unknown, original_text: None };
    let no = || Content::Value(Value::Boolean(false));
    for (number, content, reason) in [
        ("80", text("x"), Reason::NoPlace),
        ("25", null(), Reason::NullFlavor),
        ("25", no(), Reason::NoPlace),
        ("21", id("5.9"), Reason::Namespace),
        ("26", id("5.1"), Reason::Namespace),
        ("26", null(), Reason::NullFlavor),
        ("22", text("\u{1}"), Reason::Datatype),
        ("22", text(" "), Reason::Datatype),
        ("23", text("yes"), Reason::Datatype),
    ] {
        let mut instance = Instance::new();
        let mut at = NodeIx::ROOT;
        for group in mini.dataset.groups_between(ConceptIx::ROOT, find(number)) {
            at = instance.add_group(at, group);
        }
        let leaf = instance.add_leaf(at, find(number), content, Origin::default());
        let Written { unwritten, .. } = write(&mini.plan, &mini.dataset, &Terminology::default(), &instance);
        assert_eq!(unwritten.len(), 1, "{number}");
        assert_eq!((unwritten[0].node, unwritten[0].reason), (leaf, reason), "{number}");
    }
}

#[test]
fn an_empty_instance_is_a_message_with_what_must_be_there() {
    let mini = Mini::new();
    let text = mini.there_and_back(&Instance::new());
    assert!(
        text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message xmlns=\"urn:hl7-org:v3\""),
        "{text}"
    );
    assert!(text.contains("<versionCode code=\"2005\"/>"), "{text}");
    assert!(text.contains("<id nullFlavor=\"NI\"/>"), "{text}");
    assert!(!text.contains("<pertinent"), "{text}");
}

/// Some value of a concept; the number of the concept and `seed` decide which.
fn some(concept: &Concept, seed: usize) -> Content {
    use ooievaar::dataset::{Code, DateTime, Identifier, NullFlavor, Quantity, Value};
    // Presence and an identifier beside one of another namespace have no null, and what stands for silence is read as silence.
    if seed % 5 == 4 && !matches!(concept.number.as_str(), "24" | "25" | "26" | "W1") {
        return Content::Null { flavor: NullFlavor::ALL[seed % NullFlavor::ALL.len()], original_text: None };
    }
    let text: Text = format!("v&<>\"'\u{e9} {seed}").into();
    Content::Value(match concept.kind {
        Kind::Code => Value::Code(Code {
            code: text,
            system: if concept.number == "13" { "7.7".into() } else { "2.2".into() },
            display: Some("shown".into()),
            original_text: (seed.is_multiple_of(2) && concept.number != "13").then(|| " as\nwritten ".into()),
        }),
        Kind::Boolean => Value::Boolean(seed.is_multiple_of(2) || concept.number == "25"),
        Kind::Quantity => Value::Quantity(Quantity { value: "-06.30".into(), unit: "cm".into() }),
        Kind::Count => Value::Count(seed.to_string().into()),
        Kind::Identifier => Value::Identifier(Identifier {
            root: match concept.number.as_str() {
                "21" => "5.1".into(),
                "24" => "5.2".into(),
                _ => "5.9".into(),
            },
            extension: text,
        }),
        Kind::Date | Kind::DateTime => Value::DateTime(DateTime::from_hl7("20211015034500").unwrap()),
        _ => Value::Text(text),
    })
}

/// Fills a group with a choice of its concepts, in a way that packing cannot change: repeating groups without a node
/// of their own get their leaves from the first occurrence on.
fn fill(mini: &Mini, instance: &mut Instance, at: NodeIx, seed: usize) {
    use ooievaar::dataset::Origin;
    let group = instance.node(at).concept;
    let inside: Vec<ConceptIx> = mini
        .dataset
        .concepts()
        .filter(|(ix, c)| c.parent == group && *ix != ConceptIx::ROOT)
        .map(|(ix, _)| ix)
        .collect();
    for ix in inside {
        let concept = mini.dataset.get(ix);
        let number: usize = concept.number.trim_start_matches('W').parse().unwrap();
        if matches!(number, 75..=80) || (seed >> (number % 7)) % 3 == 1 {
            continue;
        }
        let times = if concept.max.is_none() { seed % 3 + 1 } else { 1 };
        for nth in 0..times {
            let seed = seed + nth * 17 + number;
            if concept.kind != Kind::Group {
                instance.add_leaf(at, ix, some(concept, seed), Origin::default());
                continue;
            }
            let inner = instance.add_group(at, ix);
            // All occurrences of a packed group hold the same concepts.
            fill(mini, instance, inner, if number == 60 { 0 } else { seed });
        }
    }
}

/// Makes each answer a yes where something is stated of it.
fn agree(mini: &Mini, instance: &mut Instance) {
    use ooievaar::dataset::{Answer, Origin};
    let asked = instance.leaves().filter(|(_, leaf, _)| mini.dataset.question_of(leaf.concept).is_some());
    for leaf in asked.map(|(ix, ..)| ix).collect::<Vec<_>>() {
        let question = mini.dataset.question_of(instance.node(leaf).concept).unwrap();
        let holder = instance.holder_of(&mini.dataset, leaf, question);
        for answer in instance.occurrences(holder, question).collect::<Vec<_>>() {
            instance.remove(answer);
        }
        instance.add_leaf(holder, question, Content::Value(Value::Boolean(true)), Origin::default());
        assert_eq!(instance.answer_of(&mini.dataset, leaf), Answer::Yes);
    }
}

#[test]
fn drawn_instances_survive() {
    let mini = Mini::new();
    for seed in 0..500 {
        let mut instance = Instance::new();
        fill(&mini, &mut instance, NodeIx::ROOT, seed * 31);
        agree(&mini, &mut instance);
        mini.there_and_back(&instance);
    }
}

#[test]
fn faults_in_the_tables_have_a_place() {
    let folder = std::env::temp_dir().join(format!("ooievaar-hl7v3-{}", std::process::id()));
    let messages = folder.join("messages/mini");
    std::fs::create_dir_all(&messages).unwrap();
    std::fs::create_dir_all(folder.join("hl7v3")).unwrap();
    let modifiers = source().text("hl7v3/modifiers.csv").unwrap().into_owned();
    std::fs::write(folder.join("hl7v3/modifiers.csv"), modifiers).unwrap();
    let dataset = dataset();
    let original = |file: &str| source().text(&format!("messages/mini/{file}")).unwrap().into_owned();
    for (file, from, to, at, column) in [
        ("rows.csv", "11,start", "99,start", "99,start", "concept"),
        ("rows.csv", "12,end", "11,end", "11,end", "concept"),
        ("rows.csv", "start,from,,,,,,,TS", "start,from,,,,,,,TX", "11,start", "datatype"),
        ("rows.csv", "start,from,,,,,,,TS", "start,from,,,,,,,PQ", "11,start", "datatype"),
        ("rows.csv", "11,start,from", "11,start,form", "11,start", "in"),
        ("rows.csv", "height,care,observation", "height,care,observasion", "31,height", "pattern"),
        ("rows.csv", "smoking,care,observation,,8.32,S", "smoking,care,observation,,8.31,H", "32,smoking", "template"),
        ("rows.csv", "12,end,to", "12,end,from", "12,end", "in"),
        ("rows.csv", "8.51,Q,1.1,,negation", "8.51,Q,1.1,,BL", "52,which", "in"),
        ("skeleton.xml", "<low o:value", "<low o:valeu", "<low", ""),
        ("skeleton.xml", "o:lost=\"narrative\"", "o:lost=\"story\"", "<text", ""),
        ("skeleton.xml", "</effectiveTime>", "</effectiveTimes>", "</effectiveTimes", ""),
        ("message.toml", "\"Care\"]", "\"Cure\"]", "", ""),
        ("message.toml", "with = \"70\"", "with = 70", "with =", ""),
    ] {
        for name in ["rows.csv", "skeleton.xml", "message.toml"] {
            let text = original(name);
            let changed = if name == file { text.replacen(from, to, 1) } else { text.clone() };
            assert_eq!(changed != text, name == file, "{from}");
            std::fs::write(messages.join(name), changed).unwrap();
        }
        let changed = std::fs::read_to_string(messages.join(file)).unwrap();
        let line =
            changed.lines().position(|line| !at.is_empty() && line.contains(at)).map_or(0, |line| line as u64 + 1);
        let Err(fault) = MessagePlan::load(&Source::Folder(folder.clone()), "mini", &dataset) else {
            panic!("{file}: {to}")
        };
        let place = (fault.file.as_str(), fault.line, fault.column.as_str());
        assert_eq!(place, (&*format!("messages/mini/{file}"), line, column), "{to}: {fault}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn documents_of_other_kinds_are_refused_and_deep_ones_are_not() {
    let mini = Mini::new();
    let other = Document::parse("<Care/>").unwrap();
    assert_eq!(read(&mini.plan, &mini.dataset, other.root_element()).err(), Some(Refusal::WrongRoot));
    assert!(!recognises(&mini.plan, other.root_element()));
    let ours = Document::parse("<Care xmlns='urn:hl7-org:v3'><templateId root='9.9.1'/></Care>").unwrap();
    assert!(recognises(&mini.plan, ours.root_element()));
    let cut = format!("<patient><postalCode>{}</postalCode></patient>", "a<!-- -->".repeat(70_000));
    let (_, ledger) = mini.care(&cut);
    assert!(ledger.losses.is_empty());
    let deep = format!("<Care xmlns='urn:hl7-org:v3'>{}{}</Care>", "<a b='1'>".repeat(900), "</a>".repeat(900));
    let (_, ledger) = mini.read(&deep);
    assert_eq!(reasons(&ledger), [(Reason::Unknown, 900, "/Care/a[1]")]);
}
