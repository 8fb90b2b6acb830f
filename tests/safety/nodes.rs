//! What a node holds stays together, and with the person it is said of.
