//! Images in registries, by the OCI distribution specification.

mod auth;
mod credential_helper;
mod credentials;
mod layer;
mod manifest;
mod reference;
mod registry;

pub use credentials::Credentials;
pub(crate) use reference::Reference;
pub(crate) use registry::{Pulled, pull};
