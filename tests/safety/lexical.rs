//! Valid forms of values are read, and come back as they were.
