//! From what was asked for to single messages: folders, patterns, archives, compressed files, files with many messages.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Seek as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use globset::GlobMatcher;

use super::input::{Input, open};
use super::listing::Listing;
use super::own::Own;
use super::split;
use super::unit::{Fault, Unit};
use crate::convert::Converter;

/// What is read of a file to see what it is. A file that is not larger is read once.
const HEAD: usize = 256 << 10;

/// Archives within archives, to this depth.
const DEEPEST: usize = 4;

/// Bytes in a block of a tar archive.
const TAR_BLOCK: usize = 512;

/// Goes through inputs and gives their messages, always in the same order.
pub struct Walk<'a> {
    converter: &'a Converter,
    /// Bytes of the inputs that have been read so far.
    consumed: &'a AtomicU64,
    give: &'a mut dyn FnMut(Unit) -> bool,
}

impl<'a> Walk<'a> {
    /// `give` takes each message and tells whether to go on.
    pub fn new(converter: &'a Converter, consumed: &'a AtomicU64, give: &'a mut dyn FnMut(Unit) -> bool) -> Self {
        Self { converter, consumed, give }
    }

    /// Goes through all of them. With more than one, the name of each comes before the paths of its messages.
    pub fn all(&mut self, inputs: &[Input]) -> ControlFlow<()> {
        for input in inputs {
            let label = if inputs.len() > 1 { input.label() } else { String::new() };
            match input {
                Input::Standard => self.stream("stdin", &mut io::stdin().lock(), 0)?,
                Input::File(path) => {
                    let name = path.file_name().unwrap_or(path.as_os_str());
                    self.file(&name.to_string_lossy(), path)?;
                }
                Input::Folder(folder) => self.folder(&label, folder, None, &mut Vec::new())?,
                Input::Pattern(folder, glob) => self.folder(&label, folder, Some((glob, folder)), &mut Vec::new())?,
            }
        }
        ControlFlow::Continue(())
    }

    fn give(&mut self, path: &str, line: Option<usize>, content: Result<Vec<u8>, Fault>) -> ControlFlow<()> {
        let go_on = (self.give)(Unit { path: path.to_owned(), line, case: None, content });
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn folder(
        &mut self,
        name: &str,
        folder: &Path,
        only: Option<(&GlobMatcher, &Path)>,
        above: &mut Vec<PathBuf>,
    ) -> ControlFlow<()> {
        let real = match fs::canonicalize(folder) {
            Ok(real) => real,
            Err(error) => return self.give(name, None, Err(Fault::unreadable(&error))),
        };
        if above.contains(&real) {
            let message = "is a link to a folder above it; it was not followed";
            return self.give(name, None, Err(Fault::new("loop", message)));
        }
        let listing = match Listing::new(folder) {
            Ok(listing) => listing,
            Err(error) => return self.give(name, None, Err(Fault::unreadable(&error))),
        };
        above.push(real);
        let own = Own::of(folder);
        for entry in listing {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.give(name, None, Err(Fault::unreadable(&error))),
            };
            if own.holds(&entry) {
                continue;
            }
            let path = folder.join(&entry);
            let below = join(name, &entry.to_string_lossy());
            if fs::metadata(&path).is_ok_and(|found| found.is_dir()) {
                self.folder(&below, &path, only, above)?;
            } else if only.is_none_or(|(glob, base)| glob.is_match(path.strip_prefix(base).unwrap_or(&path))) {
                self.file(&below, &path)?;
            }
        }
        above.pop();
        ControlFlow::Continue(())
    }

    fn file(&mut self, name: &str, path: &Path) -> ControlFlow<()> {
        let file = match open(path) {
            Ok(file) => file,
            Err(error) => return self.give(name, None, Err(Fault::unreadable(&error))),
        };
        if is_zip(&file) {
            return self.zip(name, file, 0);
        }
        self.stream(name, &mut Counted { inner: file, consumed: self.consumed }, 0)
    }

    /// Whatever a stream of bytes is.
    fn stream(&mut self, name: &str, source: &mut dyn Read, depth: usize) -> ControlFlow<()> {
        let mut head = Vec::new();
        if let Err(error) = source.take(HEAD as u64).read_to_end(&mut head) {
            let fault = if depth == 0 { Fault::unreadable(&error) } else { Fault::container("archive", &error) };
            return self.give(name, None, Err(fault));
        }
        let kind = self.kind_of(&head, name);
        let limit = self.converter.limits().bytes;
        if depth > DEEPEST && matches!(kind, Kind::Gzip | Kind::Zstd | Kind::Zip | Kind::Tar) {
            let message = "is an archive in an archive, too deep; unpack it first";
            return self.give(name, None, Err(Fault::new("container", message)));
        }
        let is_whole = head.len() < HEAD;
        let mut whole = Cursor::new(head).chain(source);
        match kind {
            Kind::Message if is_whole => self.give(name, None, Ok(whole.into_inner().0.into_inner())),
            Kind::Message => {
                let mut bytes = Vec::new();
                let read = whole.take(limit as u64 + 1).read_to_end(&mut bytes);
                let content = match read {
                    Err(error) if depth == 0 => Err(Fault::unreadable(&error)),
                    Err(error) => Err(Fault::container("archive", &error)),
                    Ok(_) if bytes.len() > limit => Err(Fault::too_large(limit)),
                    Ok(_) => Ok(bytes),
                };
                self.give(name, None, content)
            }
            Kind::Wrapper => {
                let converter = self.converter;
                split::wrapped(
                    BufReader::new(whole),
                    limit,
                    |name, alone| converter.begins_message(name, alone),
                    &mut |line, content| self.give(name, Some(line), content),
                )
            }
            Kind::Lines(lines) => split::lines(BufReader::new(whole), lines, limit, &mut |line, content| {
                self.give(name, Some(line), content)
            }),
            Kind::Gzip => self.stream(name, &mut MultiGzDecoder::new(BufReader::new(whole)), depth + 1),
            Kind::Zstd => match zstd::Decoder::new(whole) {
                Ok(mut decoder) => self.stream(name, &mut decoder, depth + 1),
                Err(error) => self.give(name, None, Err(Fault::container("compressed file", &error))),
            },
            Kind::Tar => self.tar(name, &mut whole, depth),
            Kind::Zip => match spooled(&mut whole) {
                Ok(file) => self.zip(name, file, depth),
                Err(error) => self.give(name, None, Err(Fault::unreadable(&error))),
            },
        }
    }

    fn kind_of(&self, head: &[u8], name: &str) -> Kind {
        match head {
            [0x1F, 0x8B, ..] => Kind::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Kind::Zstd,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Zip,
            _ if head.get(257..262) == Some(b"ustar") => Kind::Tar,
            _ if split::is_wrapper(head, |name, alone| self.converter.begins_message(name, alone)) => Kind::Wrapper,
            _ => split::lines_of(head, name).map_or(Kind::Message, Kind::Lines),
        }
    }

    fn tar(&mut self, name: &str, source: &mut dyn Read, depth: usize) -> ControlFlow<()> {
        let mut ending = Ending { inner: source, zeros: 0 };
        let mut archive = tar::Archive::new(&mut ending);
        // What the library says quotes what it takes for a header: in a damaged archive, that is a piece of a message.
        let damaged = |error: &io::Error| match error.kind() {
            io::ErrorKind::Other => Err(Fault::container("archive", &"it holds what is no header")),
            kind => Err(Fault::container("archive", &kind)),
        };
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.give(name, None, damaged(&error)),
        };
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.give(name, None, damaged(&error)),
            };
            let below = join(name, &String::from_utf8_lossy(&entry.path_bytes()));
            let kind = entry.header().entry_type();
            if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
                let left = entry.size();
                self.stream(&below, &mut Whole { inner: &mut entry, left }, depth + 1)?;
            } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
                let message = "is no file in its archive but a link or a device; pack what it stands for";
                self.give(&below, None, Err(Fault::new("link", message)))?;
            }
        }
        if ending.zeros < TAR_BLOCK {
            return self.give(name, None, Err(Fault::container("archive", &"its end mark is missing")));
        }
        ControlFlow::Continue(())
    }

    fn zip(&mut self, name: &str, file: File, depth: usize) -> ControlFlow<()> {
        let damaged = |error: &dyn std::fmt::Display| Err(Fault::container("archive", error));
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let archive = match rawzip::ZipArchive::from_file(file, &mut buffer) {
            Ok(archive) => archive,
            Err(error) => return self.give(name, None, damaged(&error)),
        };
        let (expected, mut met) = (archive.entries_hint(), 0);
        let mut entries = archive.entries(&mut buffer);
        loop {
            let entry = match entries.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) if met < expected => {
                    return self.give(name, None, damaged(&"it lists fewer files than it says"));
                }
                Ok(None) => return ControlFlow::Continue(()),
                Err(error) => return self.give(name, None, damaged(&error)),
            };
            met += 1;
            if entry.is_dir() {
                continue;
            }
            let below = join(name, &String::from_utf8_lossy(entry.file_path().as_ref()));
            let packed = entry.compressed_size_hint();
            let (method, is_encrypted) = (entry.compression_method(), entry.flags().is_encrypted());
            match archive.get_entry(entry.wayfinder()) {
                Err(error) => self.give(&below, None, damaged(&error))?,
                Ok(_) if is_encrypted => {
                    let message = "is encrypted in its archive; unpack it first";
                    self.give(&below, None, Err(Fault::new("container", message)))?;
                }
                Ok(found) if method == rawzip::CompressionMethod::STORE => {
                    self.stream(&below, &mut found.verifying_reader(found.reader()), depth + 1)?;
                }
                Ok(found) if method == rawzip::CompressionMethod::DEFLATE => {
                    let inflated = DeflateDecoder::new(BufReader::new(found.reader()));
                    self.stream(&below, &mut found.verifying_reader(inflated), depth + 1)?;
                }
                Ok(_) => {
                    let message = "is packed in a way that is not known (known: stored, deflate); unpack it first";
                    self.give(&below, None, Err(Fault::new("container", message)))?;
                }
            }
            if depth == 0 {
                self.consumed.fetch_add(packed, Ordering::Relaxed);
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Message,
    Wrapper,
    Lines(split::Lines),
    Gzip,
    Zstd,
    Tar,
    Zip,
}

/// True if a file begins as a zip file does. It is left at its beginning.
fn is_zip(mut file: &File) -> bool {
    let mut head = [0; 4];
    let read = file.read_exact(&mut head);
    file.rewind().is_ok() && read.is_ok() && matches!(head, [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6])
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A copy on disk of what can only be read once: a zip file has its list of contents at the end.
fn spooled(source: &mut dyn Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(source, &mut file)?;
    Ok(file)
}

/// An entry of an archive that breaks off is no shorter entry, but an error.
struct Whole<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(count as u64);
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends too early"));
        }
        Ok(count)
    }
}

/// Knows how many zeros were read last: a tar archive ends with blocks of them.
struct Ending<R> {
    inner: R,
    zeros: usize,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let zeros = buffer[..count].iter().rev().take_while(|byte| **byte == 0).count();
        self.zeros = if zeros == count { self.zeros.saturating_add(zeros) } else { zeros };
        Ok(count)
    }
}

/// Counts what is read.
struct Counted<'a, R> {
    inner: R,
    consumed: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
