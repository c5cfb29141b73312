//! The numbers of the ABI (spec: "Types"). All are passed as `i32` and compared unsigned.

macro_rules! abi_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum $name { $($(#[$vmeta])* $variant = $value,)+ }

        impl $name {
            /// Every value, in numeric order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The value with this number, if there is one.
            pub const fn from_i32(value: i32) -> Option<Self> {
                match value as u32 { $($value => Some(Self::$variant),)+ _ => None }
            }

            /// The number that crosses the boundary.
            pub const fn as_i32(self) -> i32 {
                self as u32 as i32
            }

            /// The name used in the specification.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

abi_enum! {
    /// What a host function tells the plugin (`proxy_status_t`; `WasmResult` in the C++ SDK).
    ///
    /// `BadExpression`, `ResultMismatch` and `BrokenConnection` are known to the C++ SDK only. Most SDKs panic on a
    /// status that they do not expect from a function, so a handler returns only what its documentation lists.
    Status {
        /// Success.
        Ok = 0 => "OK",
        /// The thing asked for does not exist.
        NotFound = 1 => "NOT_FOUND",
        /// An argument is out of range, or not usable in this phase.
        BadArgument = 2 => "BAD_ARGUMENT",
        /// A value cannot be put into the ABI's encoding.
        SerializationFailure = 3 => "SERIALIZATION_FAILURE",
        /// A value from the plugin cannot be decoded.
        ParseFailure = 4 => "PARSE_FAILURE",
        /// A CEL expression is wrong (C++ SDK only).
        BadExpression = 5 => "BAD_EXPRESSION",
        /// An address range lies outside the plugin's memory, or its allocator failed.
        InvalidMemoryAccess = 6 => "INVALID_MEMORY_ACCESS",
        /// A queue has nothing to take.
        Empty = 7 => "EMPTY",
        /// A compare-and-swap value is stale.
        CasMismatch = 8 => "CAS_MISMATCH",
        /// A result is of another type than expected (C++ SDK only).
        ResultMismatch = 9 => "RESULT_MISMATCH",
        /// The host could not do it; also the answer of a host function that policy forbids.
        InternalFailure = 10 => "INTERNAL_FAILURE",
        /// The peer broke the connection (C++ SDK only).
        BrokenConnection = 11 => "BROKEN_CONNECTION",
        /// The host does not implement the function.
        Unimplemented = 12 => "UNIMPLEMENTED",
    }
}

abi_enum! {
    /// Severity of a log message (`proxy_log_level_t`).
    LogLevel {
        /// Finest.
        Trace = 0 => "TRACE",
        /// For developers.
        Debug = 1 => "DEBUG",
        /// Normal operation.
        Info = 2 => "INFO",
        /// Something is unusual.
        Warn = 3 => "WARN",
        /// Something failed.
        Error = 4 => "ERROR",
        /// Something failed that must not.
        Critical = 5 => "CRITICAL",
    }
}

abi_enum! {
    /// What a stream callback asks for (`proxy_action_t`). Real hosts know finer values per callback family;
    /// those are decoded by the stream machine of the host.
    Action {
        /// Go on.
        Continue = 0 => "CONTINUE",
        /// Hold until told otherwise.
        Pause = 1 => "PAUSE",
    }
}

abi_enum! {
    /// A byte buffer (`proxy_buffer_type_t`).
    BufferType {
        /// Body of the request.
        HttpRequestBody = 0 => "HTTP_REQUEST_BODY",
        /// Body of the response.
        HttpResponseBody = 1 => "HTTP_RESPONSE_BODY",
        /// Bytes from the client of a TCP stream.
        DownstreamData = 2 => "DOWNSTREAM_DATA",
        /// Bytes from the server of a TCP stream.
        UpstreamData = 3 => "UPSTREAM_DATA",
        /// Body of the response to an HTTP call.
        HttpCallResponseBody = 4 => "HTTP_CALL_RESPONSE_BODY",
        /// A message received by a gRPC call or stream.
        GrpcCallMessage = 5 => "GRPC_CALL_MESSAGE",
        /// Configuration of the VM.
        VmConfiguration = 6 => "VM_CONFIGURATION",
        /// Configuration of the plugin.
        PluginConfiguration = 7 => "PLUGIN_CONFIGURATION",
        /// Arguments of a foreign function callback.
        ForeignFunctionArguments = 8 => "FOREIGN_FUNCTION_ARGUMENTS",
    }
}

abi_enum! {
    /// A header map (`proxy_map_type_t`), in the numbering in force since March 2020.
    MapType {
        /// Headers of the request.
        HttpRequestHeaders = 0 => "HTTP_REQUEST_HEADERS",
        /// Trailers of the request.
        HttpRequestTrailers = 1 => "HTTP_REQUEST_TRAILERS",
        /// Headers of the response.
        HttpResponseHeaders = 2 => "HTTP_RESPONSE_HEADERS",
        /// Trailers of the response.
        HttpResponseTrailers = 3 => "HTTP_RESPONSE_TRAILERS",
        /// Initial metadata received by a gRPC stream.
        GrpcCallInitialMetadata = 4 => "GRPC_CALL_INITIAL_METADATA",
        /// Trailing metadata received by a gRPC stream.
        GrpcCallTrailingMetadata = 5 => "GRPC_CALL_TRAILING_METADATA",
        /// Headers of the response to an HTTP call.
        HttpCallResponseHeaders = 6 => "HTTP_CALL_RESPONSE_HEADERS",
        /// Trailers of the response to an HTTP call.
        HttpCallResponseTrailers = 7 => "HTTP_CALL_RESPONSE_TRAILERS",
    }
}

abi_enum! {
    /// A direction of a stream (`proxy_stream_type_t`), since 0.2.0.
    StreamType {
        /// Request half of an HTTP stream.
        HttpRequest = 0 => "HTTP_REQUEST",
        /// Response half of an HTTP stream.
        HttpResponse = 1 => "HTTP_RESPONSE",
        /// Client half of a TCP stream.
        Downstream = 2 => "DOWNSTREAM",
        /// Server half of a TCP stream.
        Upstream = 3 => "UPSTREAM",
    }
}

abi_enum! {
    /// Who closed a connection (`proxy_peer_type_t`).
    PeerType {
        /// Not known.
        Unknown = 0 => "UNKNOWN",
        /// The proxy.
        Local = 1 => "LOCAL",
        /// The other side.
        Remote = 2 => "REMOTE",
    }
}

abi_enum! {
    /// Kind of a metric (`proxy_metric_type_t`).
    MetricType {
        /// Only grows.
        Counter = 0 => "COUNTER",
        /// Goes up and down.
        Gauge = 1 => "GAUGE",
        /// A distribution of samples.
        Histogram = 2 => "HISTOGRAM",
    }
}

abi_enum! {
    /// What a stream context is about. It never crosses the boundary: which callbacks follow tells the plugin.
    ContextType {
        /// An HTTP stream.
        Http = 0 => "HTTP",
        /// A TCP connection.
        Tcp = 1 => "TCP",
    }
}

abi_enum! {
    /// The WASI error numbers that the WASI subset of the ABI returns.
    Errno {
        /// Success.
        Success = 0 => "SUCCESS",
        /// Bad file descriptor.
        Badf = 8 => "BADF",
        /// File exists; what the reference host returns from `fd_readdir`.
        Exist = 20 => "EXIST",
        /// Bad address.
        Fault = 21 => "FAULT",
        /// Invalid argument.
        Inval = 28 => "INVAL",
        /// No such file.
        Noent = 44 => "NOENT",
        /// Function not implemented.
        Nosys = 52 => "NOSYS",
        /// Not supported.
        Notsup = 58 => "NOTSUP",
        /// Not permitted by policy.
        Notcapable = 76 => "NOTCAPABLE",
    }
}

#[cfg(test)]
mod tests {
    use super::{BufferType, LogLevel, MapType, Status};

    #[test]
    fn every_status_round_trips_and_the_next_number_is_none() {
        for (number, status) in Status::ALL.iter().enumerate() {
            assert_eq!(status.as_i32(), number as i32);
            assert_eq!(Status::from_i32(number as i32), Some(*status));
        }
        assert_eq!(Status::from_i32(13), None);
    }

    #[test]
    fn values_are_compared_unsigned() {
        assert_eq!(LogLevel::from_i32(-1), None);
        assert_eq!(BufferType::from_i32(9), None);
        assert_eq!(MapType::from_i32(8), None);
    }
}
