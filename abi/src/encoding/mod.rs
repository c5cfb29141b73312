//! The byte encodings of the ABI (spec: "Serialization"). Little-endian, unaligned; unpadded but for statistics.

pub mod pairs;
pub mod property;
pub mod stats;
