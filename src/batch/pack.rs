//! Packing a file that is complete, on all threads, to the same bytes for any number of them.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::pipeline;
use super::shape::Packing;

/// What is packed at a time, on one thread. It decides the bytes of a gzip file.
const BLOCK: usize = 256 << 10;

/// A gzip header without name and time: the same content is the same file.
const GZIP_HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];

/// An empty block that ends a stream.
const DEFLATE_END: [u8; 2] = [3, 0];

/// Packs a file, and gives the result to wait for.
pub(super) fn pack(packing: Packing, jobs: usize, from: &Path, to: &Path) -> io::Result<File> {
    let (mut source, mut target) = (File::open(from)?, File::create(to)?);
    match packing {
        Packing::Plain => {
            io::copy(&mut source, &mut target)?;
            Ok(target)
        }
        Packing::Zstd => {
            let mut encoder = zstd::Encoder::new(target, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            // One worker gives the bytes that many give; none would give others.
            encoder.multithread(u32::try_from(jobs).unwrap_or(u32::MAX))?;
            io::copy(&mut source, &mut encoder)?;
            encoder.finish()
        }
        Packing::Gzip => {
            gzip(jobs, &source, &mut target)?;
            Ok(target)
        }
    }
}

/// Writes one gzip stream, of which the blocks are packed apart.
fn gzip(jobs: usize, source: &File, target: &mut File) -> io::Result<()> {
    target.write_all(&GZIP_HEADER)?;
    let mut checksum = Crc::new();
    pipeline::ordered(
        jobs,
        |give| {
            loop {
                let mut block = Vec::with_capacity(BLOCK);
                let read = source.take(BLOCK as u64).read_to_end(&mut block);
                if matches!(read, Ok(0)) {
                    break;
                }
                let is_broken = read.is_err();
                if !give(read.map(|_| block)) || is_broken {
                    break;
                }
            }
        },
        |block: io::Result<Vec<u8>>| block.and_then(|block| deflated(&block)),
        |packed: io::Result<(Vec<u8>, Crc)>| {
            let (bytes, crc) = packed?;
            checksum.combine(&crc);
            target.write_all(&bytes)
        },
    )?;
    target.write_all(&DEFLATE_END)?;
    target.write_all(&checksum.sum().to_le_bytes())?;
    target.write_all(&checksum.amount().to_le_bytes())
}

/// A block on a byte boundary that refers to nothing before it.
fn deflated(block: &[u8]) -> io::Result<(Vec<u8>, Crc)> {
    let mut crc = Crc::new();
    crc.update(block);
    let (mut packer, mut packed) = (Compress::new(Compression::default(), false), Vec::with_capacity(block.len() / 4));
    loop {
        packed.reserve(block.len() / 8 + 64);
        // Not more than a block, so that it fits.
        let done = usize::try_from(packer.total_in()).unwrap_or(block.len());
        let status = packer.compress_vec(&block[done..], &mut packed, FlushCompress::Sync)?;
        // Room that is left over says that nothing is held back.
        if status == Status::StreamEnd || packer.total_in() == block.len() as u64 && packed.len() < packed.capacity() {
            return Ok((packed, crc));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_packed_is_the_same_for_any_number_of_threads_and_can_be_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        // Text that packs well, and noise that does not.
        let mut noise = 1_u32;
        let mut text: Vec<u8> = (0..200_000).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
        text.extend((0..2_000_000).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        }));
        for length in [0, 1, BLOCK, BLOCK + 1, text.len()] {
            fs::write(&from, &text[..length]).unwrap();
            let packed = |packing, jobs| {
                pack(packing, jobs, &from, &to).unwrap();
                fs::read(&to).unwrap()
            };
            let gzip = packed(Packing::Gzip, 1);
            assert!(gzip == packed(Packing::Gzip, 3));
            let mut unpacked = Vec::new();
            // One stream, so that also a reader that stops after the first gets everything.
            flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == text[..length], "gzip {length}");
        }
        // Larger than what one thread gets at a time.
        let text = text.repeat(6);
        fs::write(&from, &text).unwrap();
        let packed = |jobs| {
            pack(Packing::Zstd, jobs, &from, &to).unwrap();
            fs::read(&to).unwrap()
        };
        let zstd = packed(1);
        assert!(zstd == packed(3));
        assert!(zstd::decode_all(&zstd[..]).unwrap() == text);
    }
}
