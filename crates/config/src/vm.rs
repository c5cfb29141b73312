//! `envoy.extensions.wasm.v3.VmConfig`.

use std::path::PathBuf;

use crate::data_source::{self, DataSource};
use crate::diagnostics::Location;
use crate::fields::plugin::{ASYNC_DATA_SOURCE, ENVIRONMENT_VARIABLES, VM_CONFIG};
use crate::reader::{Cursor, Object, configuration_bytes};
use crate::remote::{self, RemoteCode};

/// The VM that a plugin runs in. Plugins with equal VM configurations may share one.
#[derive(Clone, Debug)]
pub struct VmConfig {
    /// Envoy's `vm_id`, also the namespace of shared data; empty by default.
    pub vm_id: String,
    /// Envoy's `runtime`, as written; none when absent or empty.
    pub runtime: Option<String>,
    /// Where `runtime` stands in the file.
    pub runtime_location: Option<Location>,
    /// Envoy's `code`.
    pub code: Code,
    /// The bytes of Envoy's `configuration`, for `proxy_on_vm_start`; empty by default.
    pub configuration: Vec<u8>,
    /// Envoy's `environment_variables.key_values`, in the order of the file.
    pub environment: Vec<(String, String)>,
    /// Envoy's `environment_variables.host_env_keys`: variables of this process to hand on.
    pub host_env_keys: Vec<String>,
    /// Envoy's `allow_precompiled`: whether the code may be machine code, compiled before; off by default.
    pub allow_precompiled: bool,
    /// Where the VM's configuration stands in the file.
    pub location: Location,
}

/// Where the module is: Envoy's `code`. This crate does not open the file; see
/// [`resolve_file`](crate::resolve_file).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A file, binary or text.
    File {
        /// Envoy's `filename`, as written.
        filename: PathBuf,
        /// Where the file name stands in the configuration.
        location: Location,
    },
    /// A module in the configuration itself, from `inline_bytes` (base64) or `inline_string`.
    Inline {
        /// The module, binary or text.
        bytes: Vec<u8>,
        /// Where it stands in the configuration.
        location: Location,
    },
    /// A module that is fetched.
    Remote(RemoteCode),
}

/// Decodes a VM's configuration.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<VmConfig> {
    let object = Object::open(at, &VM_CONFIG)?;
    let vm_id = object.get("vm_id").and_then(|at| at.text()).unwrap_or_default();
    let runtime =
        object.get("runtime").and_then(|at| Some((at.text().filter(|text| !text.is_empty())?, at.location())));
    let allow_precompiled = object.get("allow_precompiled").and_then(|at| at.boolean());
    let code = object.required("code", "{local: {filename: plugin.wasm}}").and_then(|at| decode_code(&at));
    let configuration = object.get("configuration").map(|at| configuration_bytes(&at));
    let variables = object.get("environment_variables").and_then(|at| decode_environment(&at)).unwrap_or_default();
    Some(VmConfig {
        vm_id: vm_id.to_owned(),
        runtime: runtime.as_ref().map(|(name, _)| (*name).to_owned()),
        runtime_location: runtime.map(|(_, location)| location),
        code: code?,
        configuration: configuration.unwrap_or_else(|| Some(Vec::new()))?,
        environment: variables.key_values,
        host_env_keys: variables.host_env_keys,
        allow_precompiled: allow_precompiled.unwrap_or(false),
        location: at.location(),
    })
}

fn decode_code(at: &Cursor<'_>) -> Option<Code> {
    let object = Object::open(at, &ASYNC_DATA_SOURCE)?;
    let Some((name, local)) = object.one_of(&["local", "remote"]) else {
        if !["filename", "inline_bytes", "inline_string"].iter().any(|other| object.was_given(other)) {
            object.required("local", "{filename: plugin.wasm}");
        }
        return None;
    };
    if name == "remote" {
        return remote::decode(&local).map(Code::Remote);
    }
    match data_source::decode(&local)? {
        DataSource::File { filename, location } => Some(Code::File { filename, location }),
        DataSource::Inline(bytes) if bytes.is_empty() => {
            local.error("the inline code is empty");
            None
        }
        DataSource::Inline(bytes) => Some(Code::Inline { bytes, location: local.location() }),
    }
}

#[derive(Default)]
struct Variables {
    key_values: Vec<(String, String)>,
    host_env_keys: Vec<String>,
}

fn decode_environment(at: &Cursor<'_>) -> Option<Variables> {
    let object = Object::open(at, &ENVIRONMENT_VARIABLES)?;
    let mut variables = Variables::default();
    if let Some(values) = object.get("key_values") {
        for (key, value) in values.entries() {
            check_name(key, &value);
            let text = value.text().unwrap_or_default();
            if text.contains('\0') {
                value.error("the value of an environment variable cannot contain a NUL character");
            }
            variables.key_values.push((key.to_owned(), text.to_owned()));
        }
    }
    if let Some(keys) = object.get("host_env_keys") {
        for item in keys.items() {
            let Some(key) = item.nonempty_text() else {
                continue;
            };
            check_name(key, &item);
            if variables.key_values.iter().any(|(given, _)| given == key) {
                item.error(format!(
                    "environment variable \"{key}\" is also given in key_values; keep it in one of them"
                ));
            } else if variables.host_env_keys.iter().any(|given| given == key) {
                item.error(format!("environment variable \"{key}\" is given twice in host_env_keys; keep it once"));
            } else {
                variables.host_env_keys.push(key.to_owned());
            }
        }
    }
    Some(variables)
}

fn check_name(key: &str, at: &Cursor<'_>) {
    if key.is_empty() || key.contains(['=', '\0']) {
        at.key_error(format!("{key:?} cannot be the name of an environment variable; it is empty or has \"=\" in it"));
    }
}
