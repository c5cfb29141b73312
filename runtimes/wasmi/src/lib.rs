//! The wasmi runtime: interpretation.
