//! Reading a tree as protobuf's JSON mapping: a [`Cursor`] is a value with its path, an [`Object`] a message whose
//! fields have been checked against its table. Every mistake is noted and reading goes on, so that one run finds all.

mod any;
mod configuration;
mod context;
mod cursor;
mod object;
mod values;
mod well_known;
mod wire;

pub(crate) use any::{Any, TypedMessage};
pub(crate) use configuration::configuration_bytes;
pub(crate) use context::Context;
pub(crate) use cursor::Cursor;
pub(crate) use object::Object;
