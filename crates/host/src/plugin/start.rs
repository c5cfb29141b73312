//! Starting a plugin in a VM: context, VM start, configuration; and what can go wrong.

use super::vm::Vm;
use super::{Plugin, PluginSpec, Tally};
use crate::context::PluginContext;
use crate::vm::{Entry, VmError, VmErrorKind};
use std::fmt;
use std::rc::Rc;
use tollgate_abi::LogLevel;
use tollgate_abi::callbacks::rows;

/// A plugin did not start.
#[derive(Debug)]
pub struct StartError {
    plugin: String,
    kind: StartErrorKind,
}

/// Why a plugin did not start.
#[derive(Debug)]
pub enum StartErrorKind {
    /// `proxy_on_vm_start` returned false.
    VmStartRefused,
    /// `proxy_on_configure` returned false.
    ConfigureRefused,
    /// Something on the way trapped, or no instance could be made.
    Failed {
        /// What was running: an export, or "instantiation".
        function: &'static str,
        /// Why it ended.
        error: VmError,
    },
}

impl StartError {
    pub(super) fn new(spec: &PluginSpec, kind: StartErrorKind) -> Self {
        Self { plugin: spec.name.clone(), kind }
    }

    /// Name of the plugin.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// Why it did not start.
    pub fn kind(&self) -> &StartErrorKind {
        &self.kind
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugin = &self.plugin;
        match &self.kind {
            StartErrorKind::VmStartRefused => {
                write!(f, "plugin {plugin:?} refused to start (vm_start returned false)")
            }
            StartErrorKind::ConfigureRefused => {
                write!(f, "plugin {plugin:?} refused its configuration (configure returned false)")
            }
            StartErrorKind::Failed { function, error } => {
                write!(f, "plugin {plugin:?} failed to start ({function}: {error})")?;
                error.backtrace().iter().try_for_each(|frame| write!(f, "\n  at {frame}"))
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            StartErrorKind::Failed { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Creates the plugin's context in a VM, starts and configures it. `entry` is how long each callback may take.
pub(super) fn start_plugin(
    vm: &Vm,
    plugin: &Plugin,
    tally: &Rc<Tally>,
    entry: Entry,
) -> Result<Rc<PluginContext>, StartError> {
    let spec = &plugin.spec;
    let context = vm.with_state(|state| {
        let context = state.create_plugin_context(spec, tally);
        let id = context.id;
        // The plugin's configuration can be read while its context is created, and while it is configured.
        state.configuring = Some(id);
        if state.abi.is_experimental() {
            let message = format!("the plugin is built for ABI {}: it may stop working with any release", state.abi);
            state.log_as(id, LogLevel::Warn, message.as_bytes());
        }
        context
    });
    let id = context.id;
    // Others may be served by the VM already.
    vm.limit_to(entry);
    let result = run(vm, plugin, id);
    vm.limit_to(Entry::Callback);
    vm.with_state(|state| state.configuring = None);
    if let Err(kind) = result {
        // A trap has failed the VM, whoever else runs in it.
        if let StartErrorKind::Failed { function, error } = &kind {
            vm.fail(id, function, error);
        } else {
            vm.forget_plugin(id);
        }
        return Err(StartError::new(spec, kind));
    }
    Ok(context)
}

fn run(vm: &Vm, plugin: &Plugin, id: u32) -> Result<(), StartErrorKind> {
    let failed = |function| move |error| StartErrorKind::Failed { function, error };
    let ctx = id as i32;
    let create = rows::on_context_create.name;
    vm.try_counted(id, create, |instance| instance.on_context_create(ctx, 0)).map_err(failed(create))?;

    vm.with_state(|state| state.configuring = None);
    let size = plugin.vm.configuration.len() as i32;
    let start = rows::on_vm_start.name;
    let ok = vm.try_counted(id, start, |instance| instance.on_vm_start(ctx, size)).map_err(failed(start))?;
    if ok.value == Some(0) {
        return Err(StartErrorKind::VmStartRefused);
    }

    vm.with_state(|state| state.configuring = Some(id));
    let size = plugin.spec.configuration.len() as i32;
    let configure = rows::on_configure.name;
    let ok = vm.try_counted(id, configure, |instance| instance.on_configure(ctx, size)).map_err(failed(configure))?;
    if ok.value == Some(0) {
        return Err(StartErrorKind::ConfigureRefused);
    }
    Ok(())
}

impl StartErrorKind {
    /// Whether the plugin itself said no, as opposed to having failed.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::VmStartRefused | Self::ConfigureRefused)
    }

    /// Whether it took more time than it may.
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Failed { error, .. } if error.is_interruption())
    }

    /// The VM's error, if there is one.
    pub fn vm_error_kind(&self) -> Option<VmErrorKind> {
        match self {
            Self::Failed { error, .. } => Some(error.kind()),
            _ => None,
        }
    }
}
