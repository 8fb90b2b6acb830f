//! What is written is valid, or says why it is not.
