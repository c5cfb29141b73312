//! The byte encodings of the ABI (spec: "Serialization"). Little-endian, unaligned, unpadded.

pub mod pairs;
pub mod property;
