//! Modules from servers and registries.
//!
//! A [`Source`] says where a module is, and by which digest it is known if it is; a [`Fetcher`] gets it: over HTTPS or HTTP,
//! or as an image from a registry (`oci://`). What has come is verified, and kept in a
//! [`Store`](tollgate_cache::Store), so that what is known by its digest is fetched once, and so that the last good module
//! serves while a server does not. Nothing here knows what a module is for.

#![forbid(unsafe_code)]

mod digest;
mod error;
mod fetcher;
mod http;
mod keep;
mod oci;
mod retry;
mod settings;
mod source;

pub use digest::Digest;
pub use error::{FetchError, Kind};
pub use fetcher::{Fetched, Fetcher, Way};
pub use oci::Credentials;
pub use settings::{Settings, SettingsError};
pub use source::{ServerTls, Source};
