//! What a command reads is never what it writes: what comes out is another thing, and what was there would be gone.

use std::path::{Path, PathBuf, absolute};

use super::{Exit, Failure};

/// Refuses to write over, or into, anything that is read: messages, an earlier delivery, a key, tables, reports.
///
/// `read` and `written` are files or folders, as the user named them; `-` is standard input,
/// which may come from a file, or standard output.
pub fn keep_apart<'a, 'b>(
    read: impl IntoIterator<Item = &'a PathBuf>,
    written: impl IntoIterator<Item = &'b Path>,
) -> Result<(), Failure> {
    let written: Vec<&Path> = written.into_iter().filter(|target| target.as_os_str() != "-").collect();
    for source in read {
        let Some(real) = real(source) else { continue };
        for target in &written {
            let why = match self::real(target) {
                Some(target) if target == real && real.is_file() => "is the input; write to another file".to_owned(),
                Some(target) if real.is_dir() && target.starts_with(&real) => {
                    let is = if target.is_file() { "is the input" } else { "is inside the input" };
                    format!("{is} ({}); choose another folder", source.display())
                }
                _ => continue,
            };
            return Err(Failure::new(Exit::Usage, format!("{}: {why}", target.display())));
        }
    }
    Ok(())
}

/// True if a path is a folder, or below it. Neither needs to exist.
pub fn is_inside(path: &Path, folder: &Path) -> bool {
    real(path).zip(real(folder)).is_some_and(|(path, folder)| path.starts_with(folder))
}

/// Where a path really is, whatever links lead there. What is not there yet is where its folder is.
fn real(path: &Path) -> Option<PathBuf> {
    let path = if path.as_os_str() == "-" { Path::new("/dev/stdin") } else { path };
    let path = absolute(path).ok()?;
    path.ancestors().find_map(|above| {
        let rest = path.strip_prefix(above).ok()?;
        let above = above.canonicalize().ok()?;
        Some(if rest.as_os_str().is_empty() { above } else { above.join(rest) })
    })
}
