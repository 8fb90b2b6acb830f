//! What a conversion goes to: a kind of message, and a format.

use super::{Converter, Error, Format, excess};
use crate::dataset::{Instance, Moved, NodeIx};
use crate::ledger::{Reason, Unwritten};
use crate::plan::MessageKind;

/// What to write: a format, and the kind of message that is written in it.
///
/// ```
/// use ooievaar::{Converter, Format, Target};
///
/// let converter = Converter::new()?;
/// let message = include_bytes!("../../fixtures/kernset-2.3/minimal.xml");
/// let outcome = converter.convert(message, Target::new("kernset-2.2", Format::Hl7v3))?;
/// assert!(String::from_utf8_lossy(&outcome.output).contains("2.16.840.1.113883.2.4.6.10.90.73"));
/// // A format alone: the kind that was read.
/// let outcome = converter.convert(message, Format::Hl7v3)?;
/// assert!(String::from_utf8_lossy(&outcome.output).contains("2.16.840.1.113883.2.4.6.10.90.76"));
/// # Ok::<(), ooievaar::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The name of the kind of message (its folder in the tables, as `kernset-2.3`); `None` for the kind that was read.
    pub kind: Option<String>,
    /// The format.
    pub format: Format,
}

impl Target {
    /// A kind of message in a format.
    pub fn new(kind: &str, format: Format) -> Self {
        Self { kind: Some(kind.to_owned()), format }
    }
}

impl From<Format> for Target {
    fn from(format: Format) -> Self {
        Self { kind: None, format }
    }
}

impl Converter {
    /// The same converter, which writes as this kind of message whatever was read, unless a [`Target`] names another.
    ///
    /// # Errors
    /// [`Error::NoSuchKind`] if the tables have no kind with this name.
    pub fn with_message(self, name: &str) -> Result<Self, Error> {
        let at = self.kind_called(name)?;
        Ok(Self { message: Some(at), ..self })
    }

    /// The position of the kind that is written of what was read as another.
    ///
    /// # Errors
    /// [`Error::NoSuchKind`] if there is none of the name.
    pub(super) fn target(&self, target: &Target, read: usize) -> Result<usize, Error> {
        match &target.kind {
            Some(name) => self.kind_called(name),
            None => Ok(self.message.unwrap_or(read)),
        }
    }

    pub(super) fn kind_called(&self, name: &str) -> Result<usize, Error> {
        self.kinds
            .called(name)
            .ok_or_else(|| Error::NoSuchKind { known: self.kind_names().map(str::to_owned).collect() })
    }
}

/// A case as one of another kind, and what that kind does not have of it: leaves of the case as it was.
pub(super) fn moved(from: &MessageKind, to: &MessageKind, instance: &Instance) -> (Moved, Vec<Unwritten>) {
    let mut moved = instance.moved(&from.dataset, &to.dataset);
    let mut left: Vec<Unwritten> =
        moved.left.iter().map(|node| Unwritten { node: *node, reason: Reason::NotInDataset }).collect();
    left.extend(moved.unanswered.iter().map(|node| Unwritten { node: *node, reason: Reason::NoCarrier }));
    left.extend(moved.unplaced.iter().map(|node| Unwritten { node: *node, reason: Reason::TooMany }));
    let excess: Vec<NodeIx> = excess::of(to, &moved.instance);
    for node in excess {
        moved.instance.remove(node);
        left.extend(moved.source(node).map(|node| Unwritten { node, reason: Reason::TooMany }));
    }
    (moved, left)
}
