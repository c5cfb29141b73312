//! Compiled code that is kept: the cache on disk, and artefacts that `tollgate compile` wrote.

use crate::output::Failure;
use clap::Args;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_cache::{Artifact, Hash, Identity, Store, cpu_features, hash, target, trusted};
use tollgate_host::module::CheckedModule;
use tollgate_host::plugin::PluginModule;
use tollgate_host::vm::{self, CompileMode, Runtime, VmError};

/// Where compiled plugins are kept between starts.
#[derive(Clone, Debug, Args)]
pub(crate) struct CacheArgs {
    /// Folder in which compiled plugins are kept for the next start, or "none".
    /// $XDG_CACHE_HOME/tollgate or ~/.cache/tollgate by default.
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Most that this folder may hold; what was used longest ago goes first.
    #[arg(long, value_name = "N", default_value_t = 512)]
    cache_size_mb: u32,
}

impl CacheArgs {
    /// The cache, unless it is turned off or cannot be used. The latter is logged, and no more than that: everything works
    /// without it.
    pub(crate) fn open(&self) -> Option<Store> {
        let folder = match &self.cache_dir {
            Some(none) if none == Path::new("none") => return None,
            Some(folder) => folder.clone(),
            None => default_folder()?,
        };
        match Store::open(&folder, u64::from(self.cache_size_mb) << 20) {
            Ok(store) => Some(store),
            Err(error) => {
                tracing::warn!("compiled plugins are not kept in {}: {error}", folder.display());
                None
            }
        }
    }
}

/// The folder for users who name none. A relative path in the environment counts as none, as the XDG specification has it.
fn default_folder() -> Option<PathBuf> {
    let path = |key| std::env::var_os(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")));
    if caches.is_none() {
        tracing::info!("compiled plugins are not kept: neither XDG_CACHE_HOME nor HOME is set; see --cache-dir");
    }
    Some(caches?.join("tollgate"))
}

/// Where a compiled module came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was compiled now.
    Compiled,
    /// It was compiled by an earlier start.
    Cache,
    /// It was compiled by `tollgate compile`.
    Artifact,
}

impl Origin {
    /// What was done, before "in 1.2 ms".
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Compiled => "compiled",
            Self::Cache => "from cache",
            Self::Artifact => "precompiled, loaded",
        }
    }
}

/// What a runtime writes into its artefacts, for a triple or else this machine; `None` if it has no artefacts.
pub(crate) fn identity(runtime: &dyn Runtime, triple: Option<&str>) -> Result<Option<Identity>, VmError> {
    let Some(settings) = runtime.compatibility(triple)? else { return Ok(None) };
    Ok(Some(Identity {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        runtime: runtime.name().to_owned(),
        version: runtime.version().to_owned(),
        target: triple.map_or_else(target, str::to_owned),
        cpu: if triple.is_some() { Vec::new() } else { cpu_features() },
        settings: hash(&settings),
    }))
}

/// Whether a runtime was built with its compiler; an interpreter counts as one.
fn compiles(runtime: &dyn Runtime) -> bool {
    runtime.capabilities().mode != CompileMode::Elsewhere
}

/// A module from the cache, or compiled and put there.
pub(crate) fn compile(
    runtime: &dyn Runtime,
    bytes: &[u8],
    place: Place<'_>,
    store: Option<&Store>,
) -> Result<(Arc<PluginModule>, Origin), String> {
    let kept = store.and_then(|store| Some((store, identity(runtime, None).ok().flatten()?, hash(bytes))));
    if let Some((store, identity, source)) = &kept
        && let Some(module) = from_cache(runtime, bytes, store, identity, source)
    {
        return Ok((module, Origin::Cache));
    }
    if !compiles(runtime) {
        let baseline = runtime.capabilities().baseline();
        CheckedModule::parse(bytes, baseline).map_err(|error| error.to_string())?;
        return Err(no_compiler(runtime, place));
    }
    let module = PluginModule::compile(runtime, bytes).map_err(|error| error.to_string())?;
    if let Some((store, identity, source)) = &kept {
        let saved = match module.serialize() {
            Some(Ok(code)) => store.save(source, identity, &code).map_err(|error| error.to_string()),
            Some(Err(error)) => Err(error.to_string()),
            None => Ok(()),
        };
        if let Err(reason) = saved {
            tracing::warn!("a compiled plugin is not kept in {}: {reason}", store.folder().display());
        }
    }
    Ok((module, Origin::Compiled))
}

/// A module that an earlier start compiled. What cannot be used is removed.
fn from_cache(
    runtime: &dyn Runtime,
    bytes: &[u8],
    store: &Store,
    identity: &Identity,
    source: &Hash,
) -> Option<Arc<PluginModule>> {
    let unused = |reason: &dyn std::fmt::Display| {
        tracing::warn!("a compiled plugin in {} is not used: {reason}", store.folder().display());
    };
    match store.load(source, identity) {
        Ok(entry) => {
            let entry = entry?;
            // Written by this user only, whole, by this program and engine, on such a processor, from these bytes; and files of
            // the store are never written to once they have a name.
            let artifact = vm::Artifact::vouched_for_in_file(entry.file(), entry.code_length());
            match PluginModule::load(runtime, bytes, artifact) {
                Ok(module) => return Some(module),
                Err(error) => {
                    unused(&error);
                    store.remove(source, identity);
                }
            }
        }
        Err(flaw) => unused(&flaw),
    }
    None
}

/// What to do about a module where there is no compiler.
fn no_compiler(runtime: &dyn Runtime, place: Place<'_>) -> String {
    let name = runtime.name();
    let (from, to) = match place {
        Place::File(path, _) => (path.display().to_string(), path.with_extension("artifact").display().to_string()),
        Place::Inline => ("PLUGIN.wasm".to_owned(), "PLUGIN.artifact".to_owned()),
    };
    format!(
        "this program was built without the compiler of {name} and cannot compile a module; with a program of the same \
         version that has it, run `tollgate compile --runtime {name} {from}`, then name {to} in code.local.filename and set \
         vm_config.allow_precompiled: true"
    )
}

/// Where an artefact stands, which decides whether its code may run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// In a file; and what was known of it when it was read.
    File(&'a Path, &'a Metadata),
    /// In the configuration, or on a server.
    Inline,
}

/// A module from its artefact, if that may run here. If not, and the module is inside, from that.
///
/// `allowed` is `allow_precompiled`.
pub(crate) fn load(
    runtime: &dyn Runtime,
    bytes: &[u8],
    place: Place<'_>,
    allowed: bool,
    store: Option<&Store>,
) -> Result<(Arc<PluginModule>, Origin), String> {
    let reason = match precompiled(runtime, bytes, place, allowed) {
        Ok(module) => return Ok((module, Origin::Artifact)),
        Err(reason) => reason,
    };
    let module = match Artifact::decode(bytes) {
        // A hash that is not the module's means that the file was not written by `tollgate compile`.
        Ok(artifact) => artifact.module.filter(|module| hash(module) == artifact.source),
        Err(salvage) => salvage.module,
    };
    let Some(module) = module else {
        return Err(format!("the artefact cannot be used: {reason}; and there is no module in it to compile instead"));
    };
    let from = match place {
        Place::File(path, _) => format!("in {}", path.display()),
        Place::Inline => "in no file of this machine".to_owned(),
    };
    if !compiles(runtime) {
        return Err(format!(
            "the artefact cannot be used: {reason}; and this program was built without the compiler of {}, so that the \
             module in it cannot be compiled instead",
            runtime.name()
        ));
    }
    tracing::warn!("the artefact {from} is not used, and the module in it compiled instead: {reason}");
    compile(runtime, module, place, store)
}

/// The module of an artefact, or why its code must not run.
fn precompiled(
    runtime: &dyn Runtime,
    bytes: &[u8],
    place: Place<'_>,
    allowed: bool,
) -> Result<Arc<PluginModule>, String> {
    if !allowed {
        return Err("vm_config.allow_precompiled is not true".to_owned());
    }
    let Place::File(_, metadata) = place else {
        return Err("compiled code is taken from files only, whose owner can be looked at".to_owned());
    };
    trusted(metadata).map_err(|error| error.to_string())?;
    let artifact = Artifact::decode(bytes).map_err(|salvage| salvage.damage.to_string())?;
    let here = identity(runtime, None).map_err(|error| error.to_string())?;
    let Some(mut here) = here else { return Err(format!("{} has no artefacts", runtime.name())) };
    // For any processor of this kind, which is another way to set up the engine.
    if artifact.identity.cpu.is_empty()
        && artifact.identity.target == here.target
        && let Some(general) = identity(runtime, Some(&here.target)).map_err(|error| error.to_string())?
    {
        here.settings = general.settings;
    }
    artifact.identity.fits(&here, &cpu_features()).map_err(|mismatch| mismatch.to_string())?;
    let Some(module) = artifact.module.filter(|module| hash(module) == artifact.source) else {
        return Err("its module is missing or another".to_owned());
    };
    // Written by this user or root, whole, by this program and engine, for such a processor, with the consent of the
    // configuration.
    PluginModule::load(runtime, module, vm::Artifact::vouched_for(artifact.code)).map_err(|error| error.to_string())
}

/// An open runtime that makes artefacts.
pub(crate) fn runtime_with_artifacts(name: &str) -> Result<Arc<dyn Runtime>, Failure> {
    let runtime = tollgate_runtimes::open(name)?;
    if !compiles(&*runtime) {
        return Err(format!(
            "this program was built without the compiler of {name}: it loads artefacts and makes none; compile with a program \
             of the same version that was built with --features {name}",
            name = runtime.name()
        )
        .into());
    }
    if !runtime.capabilities().artifacts {
        return Err(format!(
            "{} has no artefacts: it runs modules as they are, and there is nothing to compile; give the module itself to \
             the proxy",
            runtime.name()
        )
        .into());
    }
    Ok(runtime)
}
