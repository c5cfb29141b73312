//! Every function that a host calls in a plugin (spec: "Functions exposed by the module").
//!
//! A row gives the name of the Rust method generated for it, the name of the export, the parameters, the result and
//! the versions. Two rows may share one export name where versions differ in its type: the export's type selects.

use crate::{AbiVersion, Param, ValType, VersionRange};

/// Calls a macro with every callback, in the form
/// `#[doc = "..."] fn method["export"](parameter: type, ...) -> result, VERSIONS;`.
#[macro_export]
macro_rules! for_each_callback {
    ($each:ident) => {
        $each! {
            /// The start section, which the host has made an export so that it can call it like the rest.
            fn start_section["tollgate:start-section"](), ALL;
            /// Initialises a WASI reactor. Called first, if exported.
            fn initialize["_initialize"](), ALL;
            /// Entry point of a WASI command. Called if `_initialize` is not exported.
            fn start["_start"](), ALL;
            /// C `main`, called after `_initialize` with zeros.
            fn main["main"](argc: i32, argv: i32) -> i32, ALL;
            /// C `main` without arguments, called after `_initialize` if `main` is not exported.
            fn main_void["__main_void"]() -> i32, ALL;
            /// A context begins to exist; parent 0 means a plugin context.
            fn on_context_create["proxy_on_context_create"](context_id: i32, parent_context_id: i32), ALL;
            /// The host has finished with the context. False: the plugin has not, and will call `proxy_done`.
            fn on_done["proxy_on_done"](context_id: i32) -> i32, ALL;
            /// The stream is over and its data can be read a last time.
            fn on_log["proxy_on_log"](context_id: i32), ALL;
            /// The last call for this context.
            fn on_delete["proxy_on_delete"](context_id: i32), ALL;
            /// The VM starts, on behalf of a plugin context. False: it must not be used.
            fn on_vm_start["proxy_on_vm_start"](plugin_context_id: i32, vm_configuration_size: i32) -> i32, ALL;
            /// The plugin is configured. False: it must not be used.
            fn on_configure["proxy_on_configure"](plugin_context_id: i32, plugin_configuration_size: i32) -> i32, ALL;
            /// The configuration is only to be checked. No host calls it today.
            fn validate_configuration["proxy_validate_configuration"](
                plugin_context_id: i32,
                plugin_configuration_size: i32,
            ) -> i32, RELEASED;
            /// The timer of the plugin context fired.
            fn on_tick["proxy_on_tick"](plugin_context_id: i32), ALL;
            /// An item arrived in a queue that the plugin context registered.
            fn on_queue_ready["proxy_on_queue_ready"](plugin_context_id: i32, queue_id: i32), ALL;
            /// A foreign function calls back; its arguments are in buffer 8.
            fn on_foreign_function["proxy_on_foreign_function"](
                context_id: i32,
                function_id: i32,
                arguments_size: i32,
            ), V0_2;
            /// A TCP connection was accepted.
            fn on_new_connection["proxy_on_new_connection"](context_id: i32) -> i32, ALL;
            /// Bytes from the client.
            fn on_downstream_data["proxy_on_downstream_data"](
                context_id: i32,
                data_size: i32,
                end_of_stream: i32,
            ) -> i32, ALL;
            /// The client's side is closed.
            fn on_downstream_connection_close["proxy_on_downstream_connection_close"](
                context_id: i32,
                peer_type: i32,
            ), RELEASED;
            /// Bytes from the server.
            fn on_upstream_data["proxy_on_upstream_data"](
                context_id: i32,
                data_size: i32,
                end_of_stream: i32,
            ) -> i32, ALL;
            /// The server's side is closed.
            fn on_upstream_connection_close["proxy_on_upstream_connection_close"](
                context_id: i32,
                peer_type: i32,
            ), RELEASED;
            /// Headers of the request.
            fn on_request_headers["proxy_on_request_headers"](
                context_id: i32,
                num_headers: i32,
                end_of_stream: i32,
            ) -> i32, V0_2;
            /// Headers of the request, as 0.1.0 had it.
            fn on_request_headers_0_1_0["proxy_on_request_headers"](context_id: i32, num_headers: i32) -> i32, V0_1;
            /// A part of the request's body.
            fn on_request_body["proxy_on_request_body"](
                context_id: i32,
                body_size: i32,
                end_of_stream: i32,
            ) -> i32, RELEASED;
            /// Trailers of the request.
            fn on_request_trailers["proxy_on_request_trailers"](context_id: i32, num_trailers: i32) -> i32, RELEASED;
            /// An HTTP/2 METADATA frame of the request.
            fn on_request_metadata["proxy_on_request_metadata"](context_id: i32, num_elements: i32) -> i32, RELEASED;
            /// Headers of the response.
            fn on_response_headers["proxy_on_response_headers"](
                context_id: i32,
                num_headers: i32,
                end_of_stream: i32,
            ) -> i32, V0_2;
            /// Headers of the response, as 0.1.0 had it.
            fn on_response_headers_0_1_0["proxy_on_response_headers"](
                context_id: i32,
                num_headers: i32,
            ) -> i32, V0_1;
            /// A part of the response's body.
            fn on_response_body["proxy_on_response_body"](
                context_id: i32,
                body_size: i32,
                end_of_stream: i32,
            ) -> i32, RELEASED;
            /// Trailers of the response.
            fn on_response_trailers["proxy_on_response_trailers"](context_id: i32, num_trailers: i32) -> i32, RELEASED;
            /// An HTTP/2 METADATA frame of the response.
            fn on_response_metadata["proxy_on_response_metadata"](context_id: i32, num_elements: i32) -> i32, RELEASED;
            /// The outcome of an HTTP call; three zeros mean that it failed.
            fn on_http_call_response["proxy_on_http_call_response"](
                plugin_context_id: i32,
                call_id: i32,
                num_headers: i32,
                body_size: i32,
                num_trailers: i32,
            ), ALL;
            /// Initial metadata of a gRPC stream.
            fn on_grpc_receive_initial_metadata["proxy_on_grpc_receive_initial_metadata"](
                plugin_context_id: i32,
                call_id: i32,
                num_elements: i32,
            ), RELEASED;
            /// A message of a gRPC call or stream.
            fn on_grpc_receive["proxy_on_grpc_receive"](
                plugin_context_id: i32,
                call_id: i32,
                message_size: i32,
            ), RELEASED;
            /// Trailing metadata of a gRPC stream.
            fn on_grpc_receive_trailing_metadata["proxy_on_grpc_receive_trailing_metadata"](
                plugin_context_id: i32,
                call_id: i32,
                num_elements: i32,
            ), RELEASED;
            /// `proxy_on_grpc_receive_trailing_metadata` as the AssemblyScript SDK exports it.
            fn on_grpc_trailing_metadata["proxy_on_grpc_trailing_metadata"](
                plugin_context_id: i32,
                call_id: i32,
                num_elements: i32,
            ), RELEASED;
            /// A gRPC call failed, or a stream ended.
            fn on_grpc_close["proxy_on_grpc_close"](plugin_context_id: i32, call_id: i32, status_code: i32), RELEASED;
            /// Headers of the request, in the draft.
            fn on_http_request_headers["proxy_on_http_request_headers"](
                context_id: i32,
                num_headers: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// A part of the request's body, in the draft.
            fn on_http_request_body["proxy_on_http_request_body"](
                context_id: i32,
                body_size: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// Trailers of the request, in the draft.
            fn on_http_request_trailers["proxy_on_http_request_trailers"](
                context_id: i32,
                num_trailers: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// An HTTP/2 METADATA frame of the request, in the draft.
            fn on_http_request_metadata["proxy_on_http_request_metadata"](
                context_id: i32,
                num_elements: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// Headers of the response, in the draft.
            fn on_http_response_headers["proxy_on_http_response_headers"](
                context_id: i32,
                num_headers: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// A part of the response's body, in the draft.
            fn on_http_response_body["proxy_on_http_response_body"](
                context_id: i32,
                body_size: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// Trailers of the response, in the draft.
            fn on_http_response_trailers["proxy_on_http_response_trailers"](
                context_id: i32,
                num_trailers: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// An HTTP/2 METADATA frame of the response, in the draft.
            fn on_http_response_metadata["proxy_on_http_response_metadata"](
                context_id: i32,
                num_elements: i32,
                end_of_stream: i32,
            ) -> i32, VNEXT;
            /// The client's side is closed, in the draft.
            fn on_downstream_close["proxy_on_downstream_close"](context_id: i32, peer_type: i32), VNEXT;
            /// The server's side is closed, in the draft.
            fn on_upstream_close["proxy_on_upstream_close"](context_id: i32, peer_type: i32), VNEXT;
            /// Initial metadata of a gRPC stream, in the draft.
            fn on_grpc_call_response_header_metadata["proxy_on_grpc_call_response_header_metadata"](
                plugin_context_id: i32,
                call_id: i32,
                num_elements: i32,
            ), VNEXT;
            /// A message of a gRPC call or stream, in the draft.
            fn on_grpc_call_response_message["proxy_on_grpc_call_response_message"](
                plugin_context_id: i32,
                call_id: i32,
                message_size: i32,
            ), VNEXT;
            /// Trailing metadata of a gRPC stream, in the draft.
            fn on_grpc_call_response_trailer_metadata["proxy_on_grpc_call_response_trailer_metadata"](
                plugin_context_id: i32,
                call_id: i32,
                num_elements: i32,
            ), VNEXT;
            /// A gRPC call failed, or a stream ended; in the draft.
            fn on_grpc_call_close["proxy_on_grpc_call_close"](
                plugin_context_id: i32,
                call_id: i32,
                status_code: i32,
            ), VNEXT;
            /// Envoy's answer to `envoy_resolve_dns`: addresses and times to live are in buffer 8; size 0 means that it failed.
            fn envoy_on_resolve_dns["envoy_on_resolve_dns"](plugin_context_id: i32, token: i32, result_size: i32), ALL;
            /// Envoy hands a stats sink what has changed; it is in buffer 8.
            fn envoy_on_stats_update["envoy_on_stats_update"](plugin_context_id: i32, result_size: i32), ALL;
        }
    };
}

/// A function that a plugin may export for the host to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Export name.
    pub name: &'static str,
    /// Parameters with the specification's names.
    pub params: &'static [Param],
    /// Wasm types of the parameters, in the same order.
    pub param_types: &'static [ValType],
    /// Results: none or one.
    pub results: &'static [ValType],
    /// Versions in which the export has this type.
    pub versions: VersionRange,
    /// One line of documentation.
    pub summary: &'static str,
}

impl Callback {
    /// `(i32, i32) -> i32`.
    pub fn signature(&self) -> String {
        crate::signature(self.param_types, self.results)
    }

    /// Whether an export of this type is the one meant here.
    pub fn matches(&self, name: &str, params: &[ValType], results: &[ValType]) -> bool {
        self.name == name && self.param_types == params && self.results == results
    }
}

/// What an export of this name is to a host, if the module declares `version`: the callback of that version, or for a
/// module of the draft the one of 0.2.1. The draft's marker was also the placeholder of what became 0.2.1, so that the
/// names tell which of the two a module has.
pub fn callback(name: &str, version: AbiVersion) -> Option<&'static Callback> {
    let of = |version| CALLBACKS.iter().find(|c| c.name == name && c.versions.contains(version));
    of(version).or_else(|| if version == AbiVersion::VNext { of(AbiVersion::V0_2_1) } else { None })
}

/// Whether this is the draft's name of a callback for a part of an HTTP stream.
pub(crate) fn is_draft_http_callback(name: &str) -> bool {
    // `proxy_on_http_call_response` begins in the same way, and is in every version.
    name.starts_with("proxy_on_http_") && CALLBACKS.iter().any(|c| c.name == name && c.versions == VersionRange::VNEXT)
}

/// Exports that allocate memory for what the host returns, in the order of preference: libc's `malloc` first, as Envoy
/// does. Both are `(size: i32) -> i32`; 0 means failure.
pub const ALLOCATORS: [&str; 2] = ["malloc", "proxy_on_memory_allocate"];

/// Name under which a host exports a module's start section. No toolchain emits it.
pub const START_SECTION_EXPORT: &str = rows::start_section.name;

/// Every callback as a constant named like the generated method.
#[expect(non_upper_case_globals, reason = "a macro cannot change the case of the names it is given")]
pub mod rows {
    use super::Callback;
    use crate::{AbiType, Param, VersionRange};

    macro_rules! constant {
        ($(
            #[doc = $doc:literal]
            fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
        )*) => {
            $(
                #[doc = $doc]
                pub const $method: Callback = Callback {
                    name: $export,
                    params: &[$(Param { name: stringify!($param), ty: <$ty as AbiType>::TYPE }),*],
                    param_types: &[$(<$ty as AbiType>::TYPE),*],
                    results: &[$(<$ret as AbiType>::TYPE)?],
                    versions: VersionRange::$versions,
                    summary: $doc,
                };
            )*
        };
    }
    for_each_callback!(constant);
}

macro_rules! list {
    ($(
        #[doc = $doc:literal]
        fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
    )*) => { &[$(rows::$method),*] };
}

/// Every callback.
pub const CALLBACKS: &[Callback] = for_each_callback!(list);

#[cfg(test)]
mod tests {
    use super::{CALLBACKS, callback, is_draft_http_callback, rows};
    use crate::AbiVersion;

    #[test]
    fn a_module_of_the_draft_may_have_the_callbacks_of_0_2_1() {
        let of = |name, version| callback(name, version).map(|c| c.params.len());
        assert_eq!(of("proxy_on_http_request_trailers", AbiVersion::VNext), Some(3));
        assert_eq!(of("proxy_on_request_trailers", AbiVersion::VNext), Some(2));
        assert_eq!(of("proxy_on_request_headers", AbiVersion::VNext), Some(3));
        assert_eq!(of("proxy_on_request_headers", AbiVersion::V0_1_0), Some(2));
        assert_eq!(of("proxy_on_http_request_headers", AbiVersion::V0_2_1), None);
    }

    #[test]
    fn eight_callbacks_tell_the_draft() {
        assert_eq!(CALLBACKS.iter().filter(|c| is_draft_http_callback(c.name)).count(), 8);
        assert!(!is_draft_http_callback("proxy_on_http_call_response"));
    }

    #[test]
    fn an_export_has_one_type_in_each_version() {
        for version in AbiVersion::ALL {
            let mut names: Vec<_> = CALLBACKS.iter().filter(|c| c.versions.contains(version)).map(|c| c.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{version}");
        }
    }

    #[test]
    fn header_callbacks_gained_a_parameter_in_0_2_0() {
        assert_eq!(rows::on_request_headers_0_1_0.params.len(), 2);
        assert_eq!(rows::on_request_headers.params.len(), 3);
        assert_eq!(rows::on_request_headers.name, rows::on_request_headers_0_1_0.name);
    }
}
