//! Why there is no runtime.

use crate::name::meaning;
use crate::names;
use std::fmt;
use tollgate_host::vm::VmError;

/// Envoy's name for plugins that are compiled into the proxy itself.
const NULL: &str = "envoy.wasm.runtime.null";

/// No runtime of this name was built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRuntime {
    name: String,
}

impl UnknownRuntime {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// The name that was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match meaning(name) {
            Some(runtime) if runtime == name => {
                write!(f, "built without {runtime}: rebuild with --features {runtime}")?;
            }
            Some(runtime) => {
                write!(f, "{name} is {runtime} here; built without {runtime}: rebuild with --features {runtime}")?;
            }
            None if name == NULL => {
                write!(f, "{NULL} is for plugins that are compiled into Envoy; plugins here are Wasm modules")?;
            }
            None => write!(f, "unknown runtime {name:?}")?,
        }
        match names() {
            [] => f.write_str(" (no runtime is built in)"),
            names => write!(f, " (built in: {})", names.join(", ")),
        }
    }
}

impl std::error::Error for UnknownRuntime {}

/// Why a runtime could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// It was not built in.
    Unknown(UnknownRuntime),
    /// The engine does not work on this machine.
    Engine {
        /// Name of the runtime.
        name: &'static str,
        /// What the engine said.
        error: VmError,
    },
}

impl From<UnknownRuntime> for OpenError {
    fn from(error: UnknownRuntime) -> Self {
        Self::Unknown(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(error) => error.fmt(f),
            Self::Engine { name, error } => write!(f, "{name} does not work on this machine: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown(error) => Some(error),
            Self::Engine { error, .. } => Some(error),
        }
    }
}
