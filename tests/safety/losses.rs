//! A batch tells which value was lost where.
