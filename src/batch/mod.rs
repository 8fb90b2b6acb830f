//! Many messages in one run: walk, split, convert in parallel, write, report, resume.
//!
//! [`run`] goes through inputs of any kind, always in the same order, and writes one of three [`Layout`]s. What is held
//! in memory does not grow with the number of messages, and what is written does not depend on the number of threads.

mod frame;
mod hex;
mod input;
mod journal;
mod layout;
mod listing;
mod losses;
mod markup;
mod missing;
mod names;
mod own;
mod pack;
mod page;
mod part;
mod persons;
mod pipeline;
mod placed;
mod report;
mod run;
mod saver;
mod shape;
mod shard;
mod split;
mod store;
mod stream;
mod tally;
mod unit;
mod walk;

pub use input::Input;
pub use report::{Report, Whole, counted};
pub use run::{Ended, Progress, Stop, Task, run};
pub use shape::{Layout, Packing};
pub use shard::Shard;
pub use stream::stream;
pub use tally::{Lost, Missing, SHOWN_FROM, Slow, Tally, Unknown, Values};
pub use unit::{Fault, Unit};
pub use walk::Walk;
