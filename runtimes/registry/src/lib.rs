//! The runtimes that were built in, by name.
