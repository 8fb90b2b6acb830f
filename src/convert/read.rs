//! Reading: from bytes of any format to the case, or the cases, in them.

use roxmltree::Document;

use super::detect::{self, Sniffed};
use super::resources::Resources;
use super::{Case, Converter, Error, Format, Reading};

impl Converter {
    /// The format of an input.
    ///
    /// # Errors
    /// If it is nothing that can be read.
    pub fn detect(&self, input: &[u8]) -> Result<Format, Error> {
        let text = detect::text(input, &self.limits)?;
        match detect::sniff(&text, &self.limits)? {
            Sniffed::Json(_) => Ok(Format::FhirJson),
            Sniffed::Lines(_) => Ok(Format::FhirNdjson),
            Sniffed::Xml(document) => match self.xml_format(&document) {
                Some(format) => Ok(format),
                None => self.message(&document).map(|_| Format::Hl7v3),
            },
        }
    }

    /// Reads an input of any format into a dataset instance.
    ///
    /// # Errors
    /// If it is nothing that can be read, holds several cases (see [`Converter::with_case`] and [`Converter::read_each`]),
    /// or no clinical value of it is understood. What else cannot be understood within it is a loss in the ledger.
    pub fn read(&self, input: &[u8]) -> Result<Reading, Error> {
        self.read_whatever(input).and_then(Reading::with_content)
    }

    /// The same, also of what has no clinical value.
    pub(crate) fn read_whatever(&self, input: &[u8]) -> Result<Reading, Error> {
        let text = detect::text(input, &self.limits)?;
        let sniffed = detect::sniff(&text, &self.limits)?;
        if let Sniffed::Xml(document) = &sniffed
            && self.xml_format(document) != Some(Format::FhirXml)
        {
            return self.read_xml(document, &text);
        }
        let mut read = Resources::default();
        let format = self.add_resources(&sniffed, &text, &mut read)?;
        self.read_resources(&read, format)
    }

    /// Reads several inputs that together are one case: FHIR bundles and loose resources, in JSON, NDJSON or XML. Positions
    /// count on from one input to the next.
    ///
    /// ```
    /// let converter = ooievaar::Converter::new()?;
    /// let woman = br#"{"resourceType": "Patient", "id": "w", "birthDate": "1990-02-03",
    ///   "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-Woman"]}}"#;
    /// let gravidity = br#"<Observation xmlns="http://hl7.org/fhir"><code><coding><system value="http://loinc.org"/>
    ///   <code value="11996-6"/></coding></code><subject><reference value="Patient/w"/></subject>
    ///   <valueQuantity><value value="2"/></valueQuantity></Observation>"#;
    /// let reading = converter.read_case(&[&woman[..], &gravidity[..]])?;
    /// assert_eq!(reading.instance.leaves().count(), 2);
    /// # Ok::<(), ooievaar::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Converter::read`]; [`Error::Input`] says which input it is about. One input may be anything, several only FHIR.
    pub fn read_case<T: AsRef<[u8]>>(&self, inputs: &[T]) -> Result<Reading, Error> {
        if let [only] = inputs {
            return self.read(only.as_ref());
        }
        self.read_together(inputs).and_then(Reading::with_content)
    }

    /// Reads each case in an input, in the order of the source, and hands it to `give`: several cases are in FHIR, and in ADA with
    /// several forms. FHIR that belongs to none of several cases is given last, as [`Error::NoCase`].
    ///
    /// # Errors
    /// If the input is nothing that can be read. What is wrong with one case is given with it.
    pub fn read_each(&self, input: &[u8], give: &mut dyn FnMut(Case)) -> Result<(), Error> {
        let text = detect::text(input, &self.limits)?;
        let sniffed = detect::sniff(&text, &self.limits)?;
        if let Sniffed::Xml(document) = &sniffed
            && self.xml_format(document) != Some(Format::FhirXml)
        {
            return self.each_of_xml(document, &text, give);
        }
        let mut read = Resources::default();
        let format = self.add_resources(&sniffed, &text, &mut read)?;
        self.each_of_resources(&read, format, give)
    }

    /// The same for a message or a document; an ADA document may hold several forms.
    fn each_of_xml(&self, document: &Document<'_>, text: &str, give: &mut dyn FnMut(Case)) -> Result<(), Error> {
        if let Some(format) = self.xml_format(document) {
            let forms = self.forms(document)?;
            if forms.len() > 1 {
                // What forms share is read for each of them: a sender cannot make that more than the limit either.
                let parts = u32::try_from(document.root_element().children().count()).unwrap_or(u32::MAX);
                let mut shared = 0;
                for (at, form) in forms.iter().enumerate() {
                    let reading = self.read_form(*form, &forms, format, text).and_then(Reading::with_content);
                    let own = reading.as_ref().map_or(0, |reading| reading.ledger.total);
                    shared += u64::from(parts.max(own));
                    let limit = self.limits.nodes;
                    let reading = if shared > u64::from(limit) { Err(Error::SharedTooMuch { limit }) } else { reading };
                    give(Case { number: Some(at + 1), reading });
                }
                return Ok(());
            }
        }
        let reading = self.read_xml(document, text)?.with_content()?;
        give(Case { number: None, reading: Ok(reading) });
        Ok(())
    }
}
