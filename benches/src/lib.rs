//! The runtimes compared on the same work.
