//! Resources made from an instance: which there are, what they are called, and what is in each.

mod bundle;
mod compose;
mod context;
mod ids;
mod key;
mod marks;
mod positions;
mod recurring;
mod standing;
mod succeed;
mod uphold;

pub use bundle::{BundleType, Syntax, write_bundle, write_ndjson};
pub use compose::{Composition, Made};
pub use ids::same_case;
pub use key::{IdKey, WeakKey};
pub use positions::Positions;
pub use standing::Standing;
pub use succeed::{Undecided, succeed};
