//! Several people in one input: each case is its own.
