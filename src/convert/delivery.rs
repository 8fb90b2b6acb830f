//! A second delivery of a case takes back what it no longer says.

use std::borrow::Cow;
use std::collections::HashSet;

use super::stated::stated;
use super::write::Sequel;
use super::{Converter, Error, Format, Outcome, Reading};
use crate::dataset::{ConceptIx, Instance, Text};
use crate::fhir::{self, BundleType, Made, Positions, Sent, Standing};
use crate::plan::fhir::FhirPlan;

/// An earlier delivery of a case, and what it put on a server.
#[derive(Clone, Debug)]
pub struct Delivery {
    reading: Reading,
    made: Vec<Made>,
    standing: Standing,
}

/// What a second delivery takes back of the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withdrawal {
    /// `<type>/<id>` of each resource that is deleted.
    pub deleted: Vec<Text>,
    /// `<type>/<id>` of what the case no longer refers to, and is left because other cases may: a person, an organisation.
    pub left: Vec<Text>,
    /// True if ids are others than this delivery by itself would give, because who is in both (a child) keeps those of the earlier
    /// one. Only the bundle that was written tells the next delivery so.
    pub follows: bool,
}

impl Converter {
    /// Reads an earlier delivery of a case: its message in any format, or the bundle that this converter made of it.
    ///
    /// # Errors
    /// As [`Converter::read_case`]; [`Error::NoBinding`] if this kind of message has no FHIR; [`Error::OtherIds`] if it is a bundle
    /// that was made with other tables, or another key.
    pub fn read_delivery<T: AsRef<[u8]>>(&self, inputs: &[T]) -> Result<Delivery, Error> {
        // What is no FHIR, or nothing that can be read, was put by nobody.
        let sent = self.trees(inputs).map(|trees| Sent::by_us(&trees)).unwrap_or_default();
        let is_ours = sent.put().next().is_some();
        let reading = if is_ours {
            // A bundle of our own is one case, whose ids are not those by which a case of another source was chosen.
            let mut reader = self.clone();
            (reader.case, reader.current) = (None, None);
            reader.read_case(inputs)?
        } else {
            self.read_case(inputs)?
        };
        let standing = if is_ours { self.standing(&reading, &sent)? } else { Standing::default() };
        let made = self.made(&reading, &standing.positions)?;
        let known: HashSet<&str> = made.iter().map(|made| made.url.as_str()).collect();
        match sent.put().filter(|url| !known.contains(url.as_str())).count() {
            0 => Ok(Delivery { reading, made, standing }),
            resources => Err(Error::OtherIds { resources }),
        }
    }

    /// Writes what was read as a bundle that replaces an earlier delivery of the same case: it has each resource, and deletes
    /// those of the earlier one that are no longer in it. What other cases may refer to (a person, an organisation) is
    /// never deleted. [`Outcome::withdrawal`] says what is. Who is in both (a child) keeps the ids of the earlier one.
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
    /// deleted; [`Error::OtherKind`] if the earlier delivery is of another kind of message; [`Error::OtherCase`] if the earlier delivery is not known to be of the same record and woman;
    /// [`Error::WhichOccurrence`] if nothing tells which child is which.
    pub fn write_after(&self, reading: Reading, earlier: &Delivery, format: Format) -> Result<Outcome, Error> {
        let is_bundle = matches!(format, Format::FhirJson | Format::FhirXml);
        if !is_bundle || self.bundle != BundleType::Transaction {
            let format = if is_bundle { "a collection" } else { format.name() };
            return Err(Error::NoDeletion { format });
        }
        self.same_case(&earlier.reading, &reading)?;
        let positions = succeed(earlier, &reading)?;
        let kept = self.made(&reading, &positions)?;
        let kept: HashSet<&str> = kept.iter().map(|made| made.url.as_str()).collect();
        let gone = earlier.made.iter().filter(|made| !kept.contains(made.url.as_str()));
        let mut withdrawal = Withdrawal { follows: !positions.is_empty(), ..Withdrawal::default() };
        for made in gone {
            let list = if made.shared { &mut withdrawal.left } else { &mut withdrawal.deleted };
            list.push(made.url.clone());
        }
        let again = earlier.standing.deleted.iter().filter(|url| !kept.contains(url.as_str()));
        withdrawal.deleted.extend(again.cloned());
        self.write_sequel(reading, Sequel { withdrawal, positions }, &format.into())
    }

    /// Where the occurrences of a bundle of our own stand in its ids.
    fn standing(&self, reading: &Reading, sent: &Sent) -> Result<Standing, Error> {
        let (kind, plan) = (&*reading.kind, bound(reading)?);
        let instance = told(reading);
        Ok(Standing::of(plan, &kind.dataset, &kind.terminology, &instance, self.id_key.as_ref(), sent))
    }

    /// The resources that a case makes.
    fn made(&self, reading: &Reading, positions: &Positions) -> Result<Vec<Made>, Error> {
        let (kind, plan) = (&*reading.kind, bound(reading)?);
        let (instance, key) = (told(reading), self.id_key.as_ref());
        let composition =
            fhir::Composition::of(plan, &kind.dataset, &kind.terminology, &instance, key, true, positions);
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

/// Where the occurrences of a later delivery stand in ids.
fn succeed(earlier: &Delivery, reading: &Reading) -> Result<Positions, Error> {
    let (kind, plan) = (&*reading.kind, bound(reading)?);
    let (then, now) = (told(&earlier.reading), told(reading));
    let undecided = |undecided: fhir::Undecided| Error::WhichOccurrence {
        group: kind.dataset.path(undecided.group),
        numbers: undecided.numbers.into_iter().map(|ix| kind.dataset.get(ix).name.to_string()).collect(),
    };
    fhir::succeed(plan, &kind.dataset, &kind.terminology, (&then, &earlier.standing), &now).map_err(undecided)
}

/// How the kind of message that was read is written as FHIR.
fn bound(reading: &Reading) -> Result<&FhirPlan, Error> {
    let unbound = || Error::NoBinding { message: reading.kind.title.clone(), format: Format::FhirJson.name() };
    reading.kind.fhir.as_deref().ok_or_else(unbound)
}

/// What FHIR has of a case: what its answers take back it does not make, so that an earlier delivery of it goes.
fn told(reading: &Reading) -> Cow<'_, Instance> {
    stated(&reading.kind, &reading.instance, Some(reading.format), Format::FhirJson).0
}
