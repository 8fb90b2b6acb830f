//! A second delivery of a case takes back what it no longer says.

use std::collections::HashSet;

use super::stated::stated;
use super::{Converter, Error, Format, Outcome, Reading};
use crate::dataset::{ConceptIx, Text};
use crate::fhir::{self, BundleType, Made};

/// An earlier delivery of a case, and what it put on a server.
#[derive(Clone, Debug)]
pub struct Delivery {
    reading: Reading,
    made: Vec<Made>,
}

/// What a second delivery takes back of the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withdrawal {
    /// `<type>/<id>` of each resource that is deleted.
    pub deleted: Vec<Text>,
    /// `<type>/<id>` of what the case no longer refers to, and is left because other cases may: a person, an organisation.
    pub left: Vec<Text>,
}

impl Converter {
    /// Reads an earlier delivery of a case: its message in any format, or the bundle that this converter made of it.
    ///
    /// # Errors
    /// As [`Converter::read_case`]; [`Error::NoBinding`] if this kind of message has no FHIR; [`Error::OtherIds`] if it is a bundle
    /// that was made with other tables, or another key.
    pub fn read_delivery<T: AsRef<[u8]>>(&self, inputs: &[T]) -> Result<Delivery, Error> {
        // What is no FHIR, or nothing that can be read, was put by nobody.
        let put = self.trees(inputs).map(|trees| fhir::put_by_us(&trees)).unwrap_or_default();
        let reading = if put.is_empty() {
            self.read_case(inputs)?
        } else {
            // A bundle of our own is one case, whose ids are not those by which a case of another source was chosen.
            let mut reader = self.clone();
            (reader.case, reader.current) = (None, None);
            reader.read_case(inputs)?
        };
        let made = self.made(&reading)?;
        let known: HashSet<&str> = made.iter().map(|made| made.url.as_str()).collect();
        match put.iter().filter(|url| !known.contains(url.as_str())).count() {
            0 => Ok(Delivery { reading, made }),
            resources => Err(Error::OtherIds { resources }),
        }
    }

    /// Writes what was read as a bundle that replaces an earlier delivery of the same case: it has each resource, and deletes
    /// those of the earlier one that are no longer in it. What other cases may refer to (a person, an organisation) is
    /// never deleted. [`Outcome::withdrawal`] says what is.
    ///
    /// ```
    /// use ooievaar::{Converter, Format};
    ///
    /// let converter = Converter::new()?;
    /// let first = include_str!("../../fixtures/kernset-2.3/minimal.xml");
    /// let second = first.replace("<low value=\"20240212\"/>", "<low value=\"20240213\"/>");
    /// let earlier = converter.read_delivery(&[first])?;
    /// let outcome = converter.write_after(converter.read(second.as_bytes())?, &earlier, Format::FhirJson)?;
    /// assert!(outcome.withdrawal.deleted.is_empty(), "a corrected value makes no new resource");
    /// # Ok::<(), ooievaar::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Converter::write`]; [`Error::NoDeletion`] if the format, or the type of bundle, cannot say that something is
    /// deleted; [`Error::OtherKind`] if the earlier delivery is of another kind of message; [`Error::OtherCase`] if the earlier delivery is not known to be of the same record and woman.
    pub fn write_after(&self, reading: Reading, earlier: &Delivery, format: Format) -> Result<Outcome, Error> {
        let is_bundle = matches!(format, Format::FhirJson | Format::FhirXml);
        if !is_bundle || self.bundle != BundleType::Transaction {
            let format = if is_bundle { "a collection" } else { format.name() };
            return Err(Error::NoDeletion { format });
        }
        self.same_case(&earlier.reading, &reading)?;
        let kept = self.made(&reading)?;
        let kept: HashSet<&str> = kept.iter().map(|made| made.url.as_str()).collect();
        let gone = earlier.made.iter().filter(|made| !kept.contains(made.url.as_str()));
        let mut withdrawal = Withdrawal::default();
        for made in gone {
            let list = if made.shared { &mut withdrawal.left } else { &mut withdrawal.deleted };
            list.push(made.url.clone());
        }
        self.write_withdrawing(reading, withdrawal, &format.into())
    }

    /// The resources that a case makes.
    fn made(&self, reading: &Reading) -> Result<Vec<Made>, Error> {
        let kind = &*reading.kind;
        let unbound = || Error::NoBinding { message: kind.title.clone(), format: Format::FhirJson.name() };
        let plan = kind.fhir.as_ref().ok_or_else(unbound)?;
        let key = self.id_key.as_ref();
        // What its answers take back it does not make, so an earlier delivery of it goes.
        let (instance, _) = stated(kind, &reading.instance, Some(reading.format), Format::FhirJson);
        let composition = fhir::Composition::of(plan, &kind.dataset, &kind.terminology, &instance, key, true);
        Ok(composition.made().collect())
    }

    fn same_case(&self, earlier: &Reading, reading: &Reading) -> Result<(), Error> {
        let (old, new) = (&*earlier.kind, &*reading.kind);
        // Of a bundle that names no kind it is not known whether it was another.
        let may_be_same = earlier.is_chosen && old.dataset.name == new.dataset.name;
        if old.name != new.name && !may_be_same {
            return Err(Error::OtherKind { earlier: old.title.clone(), now: new.title.clone() });
        }
        let other = |numbers: Vec<ConceptIx>| Error::OtherCase {
            numbers: numbers.into_iter().map(|ix| new.dataset.path(ix)).collect(),
        };
        let plan =
            new.fhir.as_ref().filter(|_| old.dataset.name == new.dataset.name).ok_or_else(|| other(Vec::new()))?;
        let instances = [&earlier.instance, &reading.instance];
        fhir::same_case(plan, &new.dataset, &new.terminology, instances, self.id_key.as_ref()).map_err(other)
    }
}
