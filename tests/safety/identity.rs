//! An id is made of what identifies, and a second delivery leaves nothing behind.
