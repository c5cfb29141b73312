//! Images in registries, by the OCI distribution specification.

mod auth;
mod credentials;
mod helper;
mod layer;
mod manifest;
mod reference;
mod registry;

pub use credentials::Credentials;
pub(crate) use reference::Reference;
pub(crate) use registry::{Pulled, pull};
