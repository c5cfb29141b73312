//! As much of HTTP as fetching needs: GET and HEAD, a connection each, redirects followed.

mod client;
mod connect;
mod url;

pub(crate) use client::{Answer, Client, Question};
pub(crate) use url::Url;
