//! `tollgate compile`.

use crate::artifacts::{identity, runtime_with_artifacts};
use crate::bounded::BoundArgs;
use crate::output::{self, Failure};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tollgate_cache::{Artifact, hash, is_artifact, write_whole};
use tollgate_host::module::CheckedModule;

/// What to compile, and for what.
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// A plugin: a .wasm or .wat file.
    file: PathBuf,
    /// Wasm runtime that is to run it; see `tollgate runtimes`.
    #[arg(long, value_name = "NAME")]
    runtime: Option<String>,
    /// Triple of the machine that is to run it, such as x86_64-unknown-linux-gnu: the code then runs on every processor of
    /// that kind. Without it, it is for this machine, and uses all that its processor has.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Where to write the artefact; FILE with the extension .artifact by default.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    #[command(flatten)]
    bound: BoundArgs,
}

/// Compiles a plugin to an artefact, which has the module inside.
pub(crate) fn compile(args: &CompileArgs) -> Result<(), Failure> {
    let file = args.file.display();
    let name = match &args.runtime {
        Some(name) => name,
        None => tollgate_runtimes::default_name().ok_or("this program was built without any Wasm runtime")?,
    };
    let runtime = runtime_with_artifacts(name)?;
    let bytes = std::fs::read(&args.file).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    if is_artifact(&bytes) {
        return Err(format!("{file}: this is an artefact already; compile the module that it was made from").into());
    }
    let started = Instant::now();
    let target = args.target.as_deref();
    let identity = identity(&*runtime, target).map_err(|error| match target {
        Some(target) => format!("--target {target}: {error}"),
        None => error.to_string(),
    })?;
    let Some(identity) = identity else { return Err(format!("{name} has no artefacts").into()) };
    let baseline = runtime.capabilities().baseline();
    let (bytes, triple) = (Arc::new(bytes), args.target.clone());
    let module = bytes.clone();
    let compiled = args.bound.run(move || {
        let checked = CheckedModule::parse(&module, baseline).map_err(|error| error.to_string())?;
        runtime.precompile(&checked, triple.as_deref()).map_err(|error| error.to_string())
    });
    let code = compiled.unwrap_or_else(|why| Err(why.to_string())).map_err(|error| format!("{file}: {error}"))?;
    let artifact = Artifact { identity, source: hash(&bytes), module: Some(&bytes), code: &code };
    let encoded = artifact.encode();
    let out = args.output.clone().unwrap_or_else(|| args.file.with_extension("artifact"));
    write_whole(&out, &encoded).map_err(|error| format!("{}: cannot be written: {error}", out.display()))?;
    let cpu = if target.is_some() { "any processor" } else { "processors like this one" };
    output::line(format!(
        "{}: {} {}, {}, {cpu}; {} bytes, compiled in {:.1} ms",
        out.display(),
        artifact.identity.runtime,
        artifact.identity.version,
        artifact.identity.target,
        encoded.len(),
        started.elapsed().as_secs_f64() * 1000.0,
    ));
    Ok(())
}
