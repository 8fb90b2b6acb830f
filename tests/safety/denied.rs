//! What a source denies, doubts or withdraws never arrives as a fact.
