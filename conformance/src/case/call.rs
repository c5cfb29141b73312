//! What upstreams answer to calls of plugins. Calls are numbered from 1 in the order in which they begin.

use super::step::Body;
use serde::Deserialize;
use std::net::IpAddr;

/// The response to an HTTP call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCallResponseStep {
    /// The call.
    pub call: usize,
    /// Its status.
    #[serde(default = "ok")]
    pub status: u32,
    /// Fields after `:status`.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body; none if there is no such key.
    pub body: Option<Body>,
    /// Trailers.
    #[serde(default)]
    pub trailers: Vec<(String, String)>,
}

/// An HTTP call gets no response.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCallFailureStep {
    /// The call.
    pub call: usize,
    /// Why.
    #[serde(default = "reset")]
    pub reason: String,
}

/// A name has been resolved. Resolutions are numbered from 1 in the order in which they begin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolutionStep {
    /// The resolution.
    pub resolution: usize,
    /// Addresses and how many seconds each may be kept; without the key, nothing could be found out.
    pub addresses: Option<Vec<(IpAddr, u64)>>,
}

/// Metadata of a gRPC call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataStep {
    /// The call.
    pub call: usize,
    /// The metadata.
    #[serde(default)]
    pub fields: Vec<(String, String)>,
}

/// A message of a gRPC call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageStep {
    /// The call.
    pub call: usize,
    /// The message.
    pub data: Body,
}

/// The end of a gRPC call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseStep {
    /// The call.
    pub call: usize,
    /// Status of gRPC.
    #[serde(default)]
    pub status: u32,
    /// What it means.
    #[serde(default)]
    pub message: String,
}

fn ok() -> u32 {
    200
}

fn reset() -> String {
    "reset".to_owned()
}
