//! What a source may ask of us, and what can be wrong with its syntax.

/// Limits on a source, so that hostile input costs an error and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest number of bytes.
    pub bytes: usize,
    /// Deepest nesting.
    pub depth: usize,
    /// Largest number of elements (XML) or values (JSON).
    pub nodes: u32,
}

impl Default for Limits {
    /// 64 MiB, 100 levels, 4 million elements: far above any message, far below what hurts.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 100, nodes: 4_000_000 }
    }
}

/// A source that is not what its syntax demands, or exceeds a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Byte offset in the source.
    pub position: usize,
    /// What is wrong; it holds nothing of the source.
    pub message: &'static str,
}

impl SyntaxError {
    /// A fault at a byte offset.
    pub fn new(position: usize, message: &'static str) -> Self {
        Self { position, message }
    }
}
