//! Where somebody lives, and what somebody is called: one address and one name, read whole, and none that is over.

use std::fs;
use std::sync::LazyLock;

use ooievaar::ledger::{Loss, Reason};
use ooievaar::{Converter, Format};
use serde_json::{Value, json};

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

fn message() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/full-single.xml")).unwrap()
}

fn bundle() -> Value {
    serde_json::from_slice(&CONVERTER.convert(message().as_bytes(), Format::FhirJson).unwrap().output).unwrap()
}

/// The output, and what is lost.
fn converted(input: &str, format: Format) -> (String, Vec<Loss>) {
    let outcome = CONVERTER.convert(input.as_bytes(), format).unwrap();
    assert!(outcome.ledger.is_balanced());
    (String::from_utf8(outcome.output).unwrap(), outcome.ledger.losses)
}

fn has(losses: &[Loss], reason: Reason) -> bool {
    losses.iter().any(|loss| loss.reason == reason)
}

/// The first resource of a type that a text is in.
fn resource<'b>(bundle: &'b mut Value, kind: &str, with: &str) -> &'b mut Value {
    let entries = bundle["entry"].as_array_mut().unwrap().iter_mut().map(|entry| &mut entry["resource"]);
    entries.into_iter().find(|own| own["resourceType"] == kind && own.to_string().contains(with)).unwrap()
}

/// Of several addresses the one where she lives is read, whichever comes first; and one that is not is not read alone either.
#[test]
fn an_address_that_has_ended_or_is_of_work_is_not_where_somebody_lives() {
    let with = |addresses: Value| {
        let mut bundle = bundle();
        resource(&mut bundle, "Patient", "999961640")["address"] = addresses;
        converted(&bundle.to_string(), Format::Hl7v3)
    };
    let home = json!({ "use": "home", "postalCode": "9997XB", "period": { "start": "2020-01-01" } });
    let of_sort = |code: &str| {
        json!({ "extension": [{
            "url": "http://nictiz.nl/fhir/StructureDefinition/zib-AddressInformation-AddressType",
            "valueCodeableConcept": { "coding": [{ "system": "http://hl7.org/fhir/v3/AddressUse", "code": code }] } }] })
    };
    for (name, way) in [
        ("ended", json!({ "use": "home", "period": { "end": "2019-12-31" } })),
        ("ends", json!({ "period": { "start": "2019", "end": "2029" } })),
        (
            "ended, nobody knows when",
            json!({ "period": { "_end": { "extension": [
            { "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown" }] } } }),
        ),
        ("work", json!({ "use": "work" })),
        ("temp", json!({ "use": "temp" })),
        ("old", json!({ "use": "old" })),
        ("work, as a zib", of_sort("WP")),
        ("temporary, as a zib", of_sort("TMP")),
        ("holidays, as a zib", of_sort("HV")),
    ] {
        let mut other = way.clone();
        other["postalCode"] = json!("9998XA");
        for addresses in [json!([other, home]), json!([home, other])] {
            let (written, losses) = with(addresses);
            assert_eq!((written.contains("9998XA"), written.contains("9997XB")), (false, true), "{name}");
            assert!(has(&losses, Reason::Modifier), "{name}");
        }
        let (written, losses) = with(json!([other]));
        assert!(!written.contains("9998XA") && has(&losses, Reason::Modifier), "{name}");
        // Nor does its silence say anything of where she lives.
        let mut silent = way;
        let masked =
            json!({ "url": "http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor", "valueCode": "MSK" });
        match silent["extension"].as_array_mut() {
            Some(extensions) => extensions.push(masked),
            None => silent["extension"] = json!([masked]),
        }
        let (written, _) = with(json!([silent, home]));
        assert!(written.contains("9997XB") && !written.contains("MSK"), "{name}");
    }
    // One for the post counts only if there is no other.
    let post = json!({ "type": "postal", "postalCode": "9998XA" });
    let (written, losses) = with(json!([post, home]));
    assert!(written.contains("9997XB") && !written.contains("9998XA") && has(&losses, Reason::TooMany));
    assert!(with(json!([post])).0.contains("9998XA"));
    let mut post = of_sort("PST");
    post["postalCode"] = json!("9998XA");
    let (written, losses) = with(json!([post, home]));
    assert!(written.contains("9997XB") && !written.contains("9998XA") && has(&losses, Reason::TooMany));
    // Of two where she may live the first stands.
    let (written, losses) = with(json!([home, { "use": "home", "postalCode": "9998XA" }]));
    assert!(written.contains("9997XB") && !written.contains("9998XA") && has(&losses, Reason::TooMany));
    // Where an organisation works is where it is.
    let mut bundle = bundle();
    resource(&mut bundle, "Organization", "\"city\"")["address"][0]["use"] = json!("work");
    assert!(converted(&bundle.to_string(), Format::Hl7v3).0.contains("<city>Fantasieburg</city>"));
    let organization = resource(&mut bundle, "Organization", "\"city\"");
    organization["address"] = json!([{ "city": "Elders", "period": { "end": "2019" } }, { "city": "Fantasieburg" }]);
    let (written, losses) = converted(&bundle.to_string(), Format::Hl7v3);
    assert!(written.contains("<city>Fantasieburg</city>") && !written.contains("Elders"));
    assert!(has(&losses, Reason::Modifier));
}

#[test]
fn an_address_of_a_message_that_has_ended_or_is_of_work_is_not_where_somebody_lives() {
    let (own, home) = ("<postalCode>9999 ZZ</postalCode>", "<addr use=\"HP\"><postalCode>9997 XB</postalCode>");
    let message = message();
    let from = message[..message.find(own).unwrap()].rfind("<addr>").unwrap();
    let to = from + message[from..].find("</addr>").unwrap() + "</addr>".len();
    let with =
        |addresses: &str| converted(&format!("{}{addresses}{}", &message[..from], &message[to..]), Format::FhirJson);
    let home = format!("{home}<useablePeriod><low value=\"2020\"/><high nullFlavor=\"NI\"/></useablePeriod></addr>");
    for (used, period) in [
        (" use=\"HP\"", "<high value=\"20191231\"/>"),
        ("", "<low value=\"2019\"/><high value=\"2029\"/>"),
        ("", "<high nullFlavor=\"UNK\"/>"),
        ("", "<low value=\"2019\"/><width value=\"1\" unit=\"a\"/>"),
        (" use=\"WP\"", ""),
        (" use=\"HP WP\"", ""),
        (" use=\"HV\"", ""),
        (" use=\"TMP\"", ""),
    ] {
        let other =
            format!("<addr{used}><postalCode>9998 XA</postalCode><useablePeriod>{period}</useablePeriod></addr>");
        for addresses in [format!("{other}{home}"), format!("{home}{other}"), other.clone()] {
            let (written, losses) = with(&addresses);
            assert_eq!(
                (written.contains("9998XA"), written.contains("9997XB")),
                (false, addresses != other),
                "{other}"
            );
            assert!(has(&losses, Reason::Modifier), "{other}");
        }
    }
    let post = "<addr use=\"PST\"><postalCode>9998 XA</postalCode></addr>";
    let (written, losses) = with(&format!("{post}{home}"));
    assert!(written.contains("9997XB") && !written.contains("9998XA") && has(&losses, Reason::TooMany));
    assert!(with(post).0.contains("9998XA"));
    let of_work = message.replace("<addr>\n              <city>", "<addr use=\"WP\">\n              <city>");
    assert_ne!(of_work, message);
    assert!(converted(&of_work, Format::FhirJson).0.contains("\"city\":\"Fantasieburg\""));
}

/// Parts of two names are no name.
#[test]
fn a_professional_with_two_names_has_one_of_them_whole() {
    let url = |name: &str| format!("http://hl7.org/fhir/StructureDefinition/humanname-{name}");
    let part = |name: &str, text: &str| json!({ "url": url(name), "valueString": text });
    let with = |names: Value| {
        let mut bundle = bundle();
        resource(&mut bundle, "Practitioner", "Joost")["name"] = names;
        converted(&bundle.to_string(), Format::Hl7v3)
    };
    let maiden = json!({ "use": "maiden", "given": ["Truus"], "family": "Kwast" });
    let official = json!({ "use": "official", "family": "Penseel",
        "_family": { "extension": [part("own-prefix", "van de"), part("own-name", "Penseel")] } });
    let ended = json!({ "given": ["Truus"], "family": "Kwast", "period": { "end": "2015" } });
    let text = json!({ "use": "usual", "text": "Truus Kwast" });
    let official_as_text = json!({ "use": "official", "text": "Geertje Penseel" });
    for (names, reason) in [
        (json!([maiden, official]), Reason::TooMany),
        (json!([official, maiden]), Reason::TooMany),
        (json!([ended, official]), Reason::Modifier),
        (json!([official, text]), Reason::TooMany),
        (json!([maiden, official_as_text]), Reason::TooMany),
    ] {
        let (written, losses) = with(names.clone());
        assert!(written.contains("Penseel") && has(&losses, reason), "{names}");
        assert!(!written.contains("Truus") && !written.contains("Kwast"), "{names}");
    }
    // If there is no other, it is the one.
    assert!(with(json!([maiden])).0.contains("<family>Kwast</family>"));
    // The family name of nl-core has its prefix in it, and says nothing else by that.
    let whole = |family: &str| {
        let mut own = official.clone();
        own["family"] = json!(family);
        let (written, losses) = with(json!([own]));
        assert!(written.contains("<prefix>van de</prefix>") && written.contains("<family>Penseel</family>"));
        has(&losses, Reason::Contradiction)
    };
    assert_eq!(["van de Penseel", "Penseel", "van de Kwast"].map(whole), [false, false, true]);
}

#[test]
fn a_professional_with_two_names_in_a_message_has_one_of_them_whole() {
    let own = "<name>Joost Bedacht-Verzinsel</name>";
    let with = |names: &str| converted(&message().replace(own, names), Format::FhirJson);
    let birth = "<name use=\"BIR\"><given>Truus</given><family>Kwast</family></name>";
    let legal =
        "<name use=\"L\"><prefix qualifier=\"VV\">van de</prefix><family qualifier=\"BR\">Penseel</family></name>";
    let ended = "<name><given>Truus</given><family>Kwast</family><validTime><high value=\"2015\"/></validTime></name>";
    for (names, reason) in [
        (format!("{birth}{legal}"), Reason::TooMany),
        (format!("{legal}{birth}"), Reason::TooMany),
        (format!("{legal}<name>Truus Kwast</name>"), Reason::TooMany),
        (format!("<name use=\"P\">Truus Kwast</name>{legal}"), Reason::TooMany),
        (format!("<name>Geertje Penseel</name>{birth}"), Reason::TooMany),
        (format!("{ended}{legal}"), Reason::Modifier),
    ] {
        let (written, losses) = with(&names);
        assert!(written.contains("Penseel") && has(&losses, reason), "{names}");
        assert!(!written.contains("Truus") && !written.contains("Kwast"), "{names}");
    }
    assert!(with(birth).0.contains("Kwast"));
}

/// What stands before a name is its prefix only if it is no title, and of her own name.
#[test]
fn a_title_is_no_prefix_of_a_name() {
    let own = "<name>Joost Bedacht-Verzinsel</name>";
    let with = |parts: &str| converted(&message().replace(own, &format!("<name>{parts}</name>")), Format::FhirJson);
    for qualifier in ["AC", "NB", "SP", "VV SP"] {
        let title = format!("<prefix qualifier=\"{qualifier}\">xyzzy</prefix>");
        for parts in [
            format!("{title}<family>Penseel</family>"),
            format!("{title}<prefix qualifier=\"VV\">van de</prefix><family>Penseel</family>"),
        ] {
            let (written, losses) = with(&parts);
            assert!(!written.contains("xyzzy") && has(&losses, Reason::Modifier), "{parts}");
            assert!(written.contains("Penseel") && written.contains("van de") == parts.contains("van de"), "{parts}");
        }
    }
    // Nor is the name of a partner her own.
    let (written, losses) =
        with("<family qualifier=\"SP\">Kwast</family><prefix>van de</prefix><family qualifier=\"BR\">Penseel</family>");
    assert!(!written.contains("Kwast") && written.contains("Penseel") && has(&losses, Reason::Modifier));
}
