//! Whole-program tests, by what they prove.
