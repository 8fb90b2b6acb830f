//! Which concepts occur in example messages.

use std::collections::BTreeSet;
use std::path::Path;

use crate::convert::{Converter, Error};
use crate::dataset::NodeIx;
use crate::tables::Source;

/// The concepts that have a value in some message below a folder, as `dataset/number`. A file that is no message is passed over.
///
/// # Errors
/// If the folder or the tables cannot be read.
pub fn examples(source: &Source, folder: &Path) -> Result<BTreeSet<String>, Error> {
    let converter = Converter::from_source(source)?.ready()?;
    let files = Source::Folder(folder.to_owned()).files()?;
    let mut found = BTreeSet::new();
    for bytes in files.values() {
        let Ok(reading) = converter.read(bytes) else { continue };
        let dataset = reading.dataset();
        let mut open: Vec<NodeIx> = reading.instance.children(NodeIx::ROOT).collect();
        while let Some(ix) = open.pop() {
            let concept = dataset.get(reading.instance.node(ix).concept);
            found.insert(format!("{}/{}", dataset.name, concept.number));
            open.extend(reading.instance.children(ix));
        }
    }
    Ok(found)
}
