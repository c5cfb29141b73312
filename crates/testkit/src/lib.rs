//! Support for tests: scripted peers, a virtual clock, golden files.
