//! What holds nothing of a case is no success.
