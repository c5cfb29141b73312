//! The wrappers: well-known types and TypedStruct.

use super::{Message, acted};

/// `google.protobuf.StringValue`, and `BytesValue`, which looks the same in JSON.
pub(crate) const STRING_VALUE: Message = Message { name: "the wrapper", fields: &[acted("value")] };

/// The other well-known types that are one value in JSON.
pub(crate) const WRAPPER: Message = Message { name: "the message", fields: &[acted("value")] };

/// `google.protobuf.Empty`.
pub(crate) const EMPTY: Message = Message { name: "Empty", fields: &[] };

/// `google.protobuf.Struct`, `Value` or `ListValue` inside an `Any`.
pub(crate) const STRUCT: Message = Message { name: "Struct", fields: &[acted("value")] };

/// `udpa.type.v1.TypedStruct` and `xds.type.v3.TypedStruct`.
pub(crate) const TYPED_STRUCT: Message = Message { name: "TypedStruct", fields: &[acted("type_url"), acted("value")] };
