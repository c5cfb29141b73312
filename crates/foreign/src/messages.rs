//! The messages of arguments and results (`source/extensions/common/wasm/ext/*.proto` of Envoy).

use prost::Message;
use tollgate_abi::Status;

/// Decodes arguments.
pub(crate) fn decode<M: Message + Default>(arguments: &[u8]) -> Result<M, Status> {
    M::decode(arguments).map_err(|_| Status::BadArgument)
}

/// Arguments of `verify_signature`.
#[derive(Clone, PartialEq, Message)]
pub struct VerifySignatureArguments {
    /// `sha1`, `sha224`, `sha256`, `sha384` or `sha512`, in any case.
    #[prost(string, tag = "1")]
    pub hash_function: String,
    /// The key as `SubjectPublicKeyInfo` in DER. Either this or the other one.
    #[prost(bytes = "vec", tag = "2")]
    pub public_key: Vec<u8>,
    /// The signature: PKCS #1 v1.5 with an RSA key, DER with one of an elliptic curve.
    #[prost(bytes = "vec", tag = "3")]
    pub signature: Vec<u8>,
    /// What was signed.
    #[prost(bytes = "vec", tag = "4")]
    pub text: Vec<u8>,
    /// The key in PEM, `PUBLIC KEY`.
    #[prost(string, tag = "5")]
    pub public_key_pem: String,
}

/// Result of `verify_signature`.
#[derive(Clone, PartialEq, Message)]
pub struct VerifySignatureResult {
    /// Whether the signature is good.
    #[prost(bool, tag = "1")]
    pub result: bool,
    /// If it is not, why.
    #[prost(string, tag = "2")]
    pub error: String,
}

/// Arguments of `sign`.
#[derive(Clone, PartialEq, Message)]
pub struct SignArguments {
    /// As for `verify_signature`.
    #[prost(string, tag = "1")]
    pub hash_function: String,
    /// The key as PKCS #8 in DER. Either this or the other one.
    #[prost(bytes = "vec", tag = "2")]
    pub private_key: Vec<u8>,
    /// What to sign.
    #[prost(bytes = "vec", tag = "3")]
    pub text: Vec<u8>,
    /// The key in PEM: `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    #[prost(string, tag = "4")]
    pub private_key_pem: String,
}

/// Result of `sign`.
#[derive(Clone, PartialEq, Message)]
pub struct SignResult {
    /// Whether there is a signature.
    #[prost(bool, tag = "1")]
    pub result: bool,
    /// The signature.
    #[prost(bytes = "vec", tag = "2")]
    pub signature: Vec<u8>,
    /// If there is none, why.
    #[prost(string, tag = "3")]
    pub error: String,
}

/// Arguments of `declare_property`.
#[derive(Clone, PartialEq, Message)]
pub struct DeclarePropertyArguments {
    /// The path that `proxy_set_property` is called with.
    #[prost(string, tag = "1")]
    pub name: String,
    /// It can be set once.
    #[prost(bool, tag = "2")]
    pub readonly: bool,
    /// What its bytes are: bytes (0), a string (1), a FlatBuffer (2), a protobuf message (3). They are kept as they are.
    #[prost(int32, tag = "3")]
    pub r#type: i32,
    /// Schema of the FlatBuffer, or type of the message.
    #[prost(bytes = "vec", tag = "4")]
    pub schema: Vec<u8>,
    /// A [`LifeSpan`].
    #[prost(enumeration = "LifeSpan", tag = "5")]
    pub span: i32,
}

/// Arguments of `set_envoy_filter_state`.
#[derive(Clone, PartialEq, Message)]
pub struct SetEnvoyFilterStateArguments {
    /// Name of the object, which says what it is.
    #[prost(string, tag = "1")]
    pub path: String,
    /// The object as text.
    #[prost(string, tag = "2")]
    pub value: String,
    /// A [`LifeSpan`].
    #[prost(enumeration = "LifeSpan", tag = "3")]
    pub span: i32,
}

/// How long an object lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum LifeSpan {
    /// As long as the request is in the chain of filters.
    FilterChain = 0,
    /// As long as the request.
    DownstreamRequest = 1,
    /// As long as the connection.
    DownstreamConnection = 2,
}

impl From<LifeSpan> for tollgate_host::filter_state::LifeSpan {
    fn from(span: LifeSpan) -> Self {
        match span {
            LifeSpan::FilterChain => Self::FilterChain,
            LifeSpan::DownstreamRequest => Self::Request,
            LifeSpan::DownstreamConnection => Self::Connection,
        }
    }
}
