//! Every host function of the ABI: one row each, one file per heading of the specification.
//!
//! A row gives the import modules, the name, the parameters with their names, the result, the versions that have it
//! and the earliest phase in which a plugin may call it. [`for_each_host_function!`](crate::for_each_host_function)
//! hands the rows to a macro of the caller; [`host_functions`] gives them as values.
//!
//! Where SDKs or versions disagree about a function's type, each type is a row of its own. An import means the row that
//! has its name and its type.

use crate::{AbiVersion, Param, ValType, VersionRange};

#[macro_use]
pub mod context_lifecycle;
#[macro_use]
pub mod configuration;
#[macro_use]
pub mod logging;
#[macro_use]
pub mod clocks;
#[macro_use]
pub mod timers;
#[macro_use]
pub mod randomness;
#[macro_use]
pub mod environment_variables;
#[macro_use]
pub mod buffers;
#[macro_use]
pub mod http_fields;
#[macro_use]
pub mod streams;
#[macro_use]
pub mod local_response;
#[macro_use]
pub mod http_calls;
#[macro_use]
pub mod grpc_calls;
#[macro_use]
pub mod shared_key_value;
#[macro_use]
pub mod shared_queues;
#[macro_use]
pub mod metrics;
#[macro_use]
pub mod properties;
#[macro_use]
pub mod foreign_functions;
#[macro_use]
pub mod envoy;
#[macro_use]
pub mod toolchain;
#[macro_use]
pub mod wasi;

/// The headings, in the order of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Context lifecycle.
    ContextLifecycle,
    /// Configuration.
    Configuration,
    /// Logging.
    Logging,
    /// Clocks.
    Clocks,
    /// Timers.
    Timers,
    /// Randomness.
    Randomness,
    /// Environment variables.
    EnvironmentVariables,
    /// Buffers.
    Buffers,
    /// HTTP fields.
    HttpFields,
    /// Common stream operations.
    Streams,
    /// HTTP streams.
    LocalResponse,
    /// HTTP calls.
    HttpCalls,
    /// gRPC calls.
    GrpcCalls,
    /// Shared Key-Value Store.
    SharedKeyValue,
    /// Shared Queues.
    SharedQueues,
    /// Metrics.
    Metrics,
    /// Properties.
    Properties,
    /// Foreign function interface.
    ForeignFunctions,
    /// Envoy extensions.
    Envoy,
    /// Toolchain.
    Toolchain,
    /// Unimplemented WASI functions.
    Wasi,
}

impl Family {
    /// Name of the files that hold this heading, in every crate that has one per heading.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::ContextLifecycle => "context_lifecycle",
            Self::Configuration => "configuration",
            Self::Logging => "logging",
            Self::Clocks => "clocks",
            Self::Timers => "timers",
            Self::Randomness => "randomness",
            Self::EnvironmentVariables => "environment_variables",
            Self::Buffers => "buffers",
            Self::HttpFields => "http_fields",
            Self::Streams => "streams",
            Self::LocalResponse => "local_response",
            Self::HttpCalls => "http_calls",
            Self::GrpcCalls => "grpc_calls",
            Self::SharedKeyValue => "shared_key_value",
            Self::SharedQueues => "shared_queues",
            Self::Metrics => "metrics",
            Self::Properties => "properties",
            Self::ForeignFunctions => "foreign_functions",
            Self::Envoy => "envoy",
            Self::Toolchain => "toolchain",
            Self::Wasi => "wasi",
        }
    }

    /// The heading as the specification prints it.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::ContextLifecycle => "Context lifecycle",
            Self::Configuration => "Configuration",
            Self::Logging => "Logging",
            Self::Clocks => "Clocks",
            Self::Timers => "Timers",
            Self::Randomness => "Randomness",
            Self::EnvironmentVariables => "Environment variables",
            Self::Buffers => "Buffers",
            Self::HttpFields => "HTTP fields",
            Self::Streams => "Common stream operations",
            Self::LocalResponse => "HTTP streams",
            Self::HttpCalls => "HTTP calls",
            Self::GrpcCalls => "gRPC calls",
            Self::SharedKeyValue => "Shared Key-Value Store",
            Self::SharedQueues => "Shared Queues",
            Self::Metrics => "Metrics",
            Self::Properties => "Properties",
            Self::ForeignFunctions => "Foreign function interface",
            Self::Envoy => "Envoy extensions",
            Self::Toolchain => "Toolchain",
            Self::Wasi => "Unimplemented WASI functions",
        }
    }
}

/// Import modules of the ABI's own functions and of what compilers add.
pub const ENV: &[&str] = &["env"];

/// Import modules of the WASI subset. The second is the older name of the same thing, which old toolchains use.
pub const WASI: &[&str] = &["wasi_snapshot_preview1", "wasi_unstable"];

/// The earliest moment at which a plugin may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Even while the host has the plugin allocate memory.
    Allocator,
    /// From instantiation on: in `_initialize`, `_start` and the like.
    Start,
    /// Once there is a plugin context.
    Running,
}

/// A function that a plugin may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// Heading it belongs to.
    pub family: Family,
    /// Modules it can be imported from.
    pub modules: &'static [&'static str],
    /// Name of the row, which no other has. It is the import name, followed by what sets the row apart where several
    /// share one import name.
    pub row: &'static str,
    /// Import name.
    pub name: &'static str,
    /// Parameters with the specification's names.
    pub params: &'static [Param],
    /// Wasm types of the parameters, in the same order.
    pub param_types: &'static [ValType],
    /// Results: none or one.
    pub results: &'static [ValType],
    /// Versions that have it. Every function is offered to every version; this is for the reader.
    pub versions: VersionRange,
    /// When it may be called.
    pub phase: Phase,
    /// One line of documentation.
    pub summary: &'static str,
}

impl HostFunction {
    /// Whether other rows are imported by the same name, and the plain one is meant if nothing else is said.
    pub fn is_variant(&self) -> bool {
        self.row != self.name
    }

    /// Whether an import of this module, name and type means this function.
    pub fn matches(&self, module: &str, name: &str, params: &[ValType], results: &[ValType]) -> bool {
        self.name == name && self.modules.contains(&module) && self.param_types == params && self.results == results
    }

    /// `(i32, i32) -> i32`.
    pub fn signature(&self) -> String {
        crate::signature(self.param_types, self.results)
    }

    /// Whether `version` of the ABI lists it.
    pub const fn is_in(&self, version: AbiVersion) -> bool {
        self.versions.contains(version)
    }
}

/// Calls a macro once per heading with all of its rows.
///
/// The macro receives `Family file_name` and then rows of the form
/// `#[doc = "..."] MODULES fn name["import"] = handler(parameter: type, ...) -> result, VERSIONS, Phase;`.
///
/// `["import"]` is the import name where it is not the row's: rows that share one differ in type. `= handler` names the
/// handler in the heading's file where it is not called like the row: another row's.
#[macro_export]
macro_rules! for_each_host_function {
    ($each:ident) => {
        $crate::context_lifecycle_functions!($each);
        $crate::configuration_functions!($each);
        $crate::logging_functions!($each);
        $crate::clocks_functions!($each);
        $crate::timers_functions!($each);
        $crate::randomness_functions!($each);
        $crate::environment_variables_functions!($each);
        $crate::buffers_functions!($each);
        $crate::http_fields_functions!($each);
        $crate::streams_functions!($each);
        $crate::local_response_functions!($each);
        $crate::http_calls_functions!($each);
        $crate::grpc_calls_functions!($each);
        $crate::shared_key_value_functions!($each);
        $crate::shared_queues_functions!($each);
        $crate::metrics_functions!($each);
        $crate::properties_functions!($each);
        $crate::foreign_functions_functions!($each);
        $crate::envoy_functions!($each);
        $crate::toolchain_functions!($each);
        $crate::wasi_functions!($each);
    };
}

/// Every row as a constant named like the function.
#[expect(non_upper_case_globals, reason = "a macro cannot change the case of the names it is given")]
pub mod rows {
    use super::{ENV, Family, HostFunction, Phase, WASI};
    use crate::{AbiType, Param, VersionRange};

    macro_rules! constant {
        ($family:ident $file:ident $(
            #[doc = $doc:literal]
            $modules:ident fn $name:ident $([$import:literal])? $(= $handler:ident)? (
                $($param:ident: $ty:ty),* $(,)?
            ) $(-> $ret:ty)?, $versions:ident, $phase:ident;
        )*) => {
            $(
                #[doc = $doc]
                pub const $name: HostFunction = HostFunction {
                    family: Family::$family,
                    modules: $modules,
                    row: stringify!($name),
                    name: constant!(@import $name $($import)?),
                    params: &[$(Param { name: stringify!($param), ty: <$ty as AbiType>::TYPE }),*],
                    param_types: &[$(<$ty as AbiType>::TYPE),*],
                    results: &[$(<$ret as AbiType>::TYPE)?],
                    versions: VersionRange::$versions,
                    phase: Phase::$phase,
                    summary: $doc,
                };
            )*
        };
        (@import $name:ident) => { stringify!($name) };
        (@import $name:ident $import:literal) => { $import };
    }
    for_each_host_function!(constant);
}

/// The rows of every heading, as lists.
const HEADINGS: &[&[HostFunction]] = {
    macro_rules! list {
        ($family:ident $file:ident $(
            #[doc = $doc:literal]
            $modules:ident fn $name:ident $([$import:literal])? $(= $handler:ident)? (
                $($param:ident: $ty:ty),* $(,)?
            ) $(-> $ret:ty)?, $versions:ident, $phase:ident;
        )*) => { &[$(rows::$name),*] };
    }
    &[
        crate::context_lifecycle_functions!(list),
        crate::configuration_functions!(list),
        crate::logging_functions!(list),
        crate::clocks_functions!(list),
        crate::timers_functions!(list),
        crate::randomness_functions!(list),
        crate::environment_variables_functions!(list),
        crate::buffers_functions!(list),
        crate::http_fields_functions!(list),
        crate::streams_functions!(list),
        crate::local_response_functions!(list),
        crate::http_calls_functions!(list),
        crate::grpc_calls_functions!(list),
        crate::shared_key_value_functions!(list),
        crate::shared_queues_functions!(list),
        crate::metrics_functions!(list),
        crate::properties_functions!(list),
        crate::foreign_functions_functions!(list),
        crate::envoy_functions!(list),
        crate::toolchain_functions!(list),
        crate::wasi_functions!(list),
    ]
};

/// Every host function, heading by heading in the order of the specification.
pub fn host_functions() -> impl Iterator<Item = &'static HostFunction> {
    HEADINGS.iter().flat_map(|heading| heading.iter())
}

#[cfg(test)]
mod tests {
    use super::{AbiVersion, host_functions, rows};
    use crate::ValType;
    use std::collections::HashSet;

    #[test]
    fn each_version_has_as_many_functions_as_the_specification() {
        let count = |version| {
            let listed = host_functions().filter(|f| f.name.starts_with("proxy_") && f.is_in(version));
            listed.map(|f| f.name).collect::<HashSet<_>>().len()
        };
        assert_eq!(count(AbiVersion::V0_1_0), 40);
        assert_eq!(count(AbiVersion::V0_2_0), 38);
        assert_eq!(count(AbiVersion::V0_2_1), 39);
        assert_eq!(count(AbiVersion::VNext), 39);
    }

    #[test]
    fn wasi_has_its_45_functions_under_both_module_names() {
        assert_eq!(host_functions().filter(|f| f.modules == super::WASI).count(), 45);
    }

    #[test]
    fn rows_are_named_after_what_they_are_imported_as() {
        let mut seen = HashSet::new();
        for f in host_functions() {
            assert!(seen.insert(f.row), "two rows are named {}", f.row);
            assert!(f.row.starts_with(f.name), "{} is a row of {}", f.row, f.name);
            assert!(!f.is_variant() || host_functions().any(|plain| plain.row == f.name), "{} has no plain row", f.row);
        }
    }

    #[test]
    fn no_two_rows_match_the_same_import() {
        let mut seen = HashSet::new();
        for f in host_functions() {
            for module in f.modules {
                assert!(seen.insert((module, f.name, f.param_types, f.results)), "{module}.{} twice", f.name);
            }
        }
    }

    #[test]
    fn the_long_signatures_have_the_arity_of_the_specification() {
        assert_eq!(rows::proxy_http_call.params.len(), 10);
        assert_eq!(rows::proxy_grpc_call.params.len(), 12);
        assert_eq!(rows::proxy_grpc_stream.params.len(), 9);
        assert_eq!(rows::proxy_send_local_response.params.len(), 8);
        assert_eq!(rows::proxy_record_metric.param_types, [ValType::I32, ValType::I64]);
        assert_eq!(rows::clock_time_get.signature(), "(i32, i64, i32) -> i32");
    }
}
