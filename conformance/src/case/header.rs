//! The header of a case: TOML in its leading `;;!` lines.

use super::step::{Message, Step};
use anyhow::{Context as _, bail};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_abi::{AbiVersion, LogLevel};
use tollgate_host::plugin::{FailurePolicy, PluginSpec, VmConfig};
use tollgate_host::vm::Limits;
use tollgate_testkit::guest::group;

/// What the header of a case says. Unknown keys are an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the case shows, in one sentence.
    pub title: String,
    /// Where the rule stands: a function, callback or section.
    pub spec: String,
    /// Versions of the ABI that it is run for.
    abi: Vec<String>,
    /// Makes several cases of one file: one for each of these words, which replaces `EACH` in the text. `each GROUP` stands
    /// for all functions of a group of [`tollgate_testkit::guest::group`].
    #[serde(default)]
    each: Vec<String>,
    /// Rules of [`crate::completeness::RULES`] that the case shows, by their names.
    #[serde(default)]
    pub shows: Vec<String>,
    /// Messages below this level are not logged.
    #[serde(default = "default_level")]
    log_level: String,
    /// Bytes that a plugin may have the host hold.
    #[serde(default = "default_limit")]
    pub buffer_limit: usize,
    /// Configuration of the VM, for every plugin that has none of its own.
    #[serde(default)]
    pub vm: VmHeader,
    /// The plugins in order; one without a name if there is no such key.
    #[serde(default = "default_plugins")]
    pub plugin: Vec<PluginHeader>,
    /// Names of the upstreams that plugins can call; `auth` if there is no such key.
    #[serde(default = "default_upstreams")]
    pub upstreams: Vec<String>,
    /// What the peers do; a request and a response without bodies if there is no such key.
    #[serde(default = "default_dialogue")]
    pub dialogue: Vec<Step>,
}

/// Configuration of a VM.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VmHeader {
    /// Name of the VM.
    pub vm_id: String,
    /// Bytes for `proxy_on_vm_start`.
    pub configuration: String,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
}

/// Configuration of a plugin.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PluginHeader {
    /// Name of the plugin.
    pub name: String,
    /// Which root context.
    pub root_id: String,
    /// Bytes for `proxy_on_configure`.
    pub configuration: String,
    /// What happens when its VM has failed.
    pub failure_policy: Policy,
    /// Takes 1 from a headers callback literally.
    pub allow_on_headers_stop_iteration: bool,
    /// What it may use of the ABI, if not everything.
    pub allowed_capabilities: Vec<String>,
    /// Attached as an access logger, not as a filter.
    pub access_log: bool,
    /// A guest other than the case's own: a file, seen from the case.
    pub module: Option<String>,
    /// Its VM, if not the one of the case.
    pub vm: Option<VmHeader>,
    /// The worker that runs it, from 0.
    pub worker: usize,
}

/// Failure policy, as Envoy names it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Answer with an error.
    #[default]
    Closed,
    /// Go on without the plugin.
    Open,
    /// Answer with an error and start anew, at most once a second.
    Reload,
}

impl Header {
    /// Reads the leading `;;!` lines of a case.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let lines: Vec<_> = text.lines().map_while(|line| line.strip_prefix(";;!")).collect();
        if lines.is_empty() {
            bail!("a case begins with its header: lines of TOML after `;;!`");
        }
        let header: Self = toml::from_str(&lines.join("\n")).context("the header is not right")?;
        if header.title.is_empty() || header.spec.is_empty() {
            bail!("`title` and `spec` must not be empty");
        }
        if header.versions()?.is_empty() {
            bail!("`abi` must name a version");
        }
        header.level()?;
        header.dialogue.iter().try_for_each(Step::check)?;
        Ok(header)
    }

    /// Versions of the ABI that the case is run for.
    ///
    /// # Errors
    ///
    /// There is no such version.
    pub fn versions(&self) -> anyhow::Result<Vec<AbiVersion>> {
        let version = |name: &String| {
            let found = AbiVersion::ALL.into_iter().find(|version| version.as_str() == name);
            found.with_context(|| format!("there is no version {name:?} of the ABI"))
        };
        self.abi.iter().map(version).collect()
    }

    /// The words that `EACH` stands for, one case each; none if the file is one case.
    ///
    /// # Errors
    ///
    /// There is no such group, or a word comes twice.
    pub(super) fn variants(&self) -> anyhow::Result<Vec<String>> {
        let mut words: Vec<String> = Vec::new();
        for each in &self.each {
            match each.strip_prefix("each ") {
                None => words.push(each.clone()),
                Some(name) => {
                    let functions = group(name).with_context(|| format!("there is no group {name:?} of functions"))?;
                    words.extend(functions.iter().map(|function| function.row.to_owned()));
                }
            }
        }
        let mut seen = BTreeSet::new();
        match words.iter().find(|word| !seen.insert(*word)) {
            Some(twice) => bail!("`each` has {twice:?} twice"),
            None => Ok(words),
        }
    }

    /// Level of the log.
    ///
    /// # Errors
    ///
    /// There is no such level.
    pub fn level(&self) -> anyhow::Result<LogLevel> {
        let found = LogLevel::ALL.iter().find(|level| level.name() == self.log_level);
        found.copied().with_context(|| format!("there is no log level {:?}", self.log_level))
    }
}

impl PluginHeader {
    /// As the host takes it.
    pub fn spec(&self) -> PluginSpec {
        PluginSpec {
            name: self.name.clone(),
            root_id: self.root_id.clone(),
            configuration: self.configuration.clone().into(),
            failure_policy: match self.failure_policy {
                Policy::Closed => FailurePolicy::Closed,
                Policy::Open => FailurePolicy::Open,
                Policy::Reload => FailurePolicy::Reload { base_interval: Duration::from_secs(1) },
            },
            allow_on_headers_stop_iteration: self.allow_on_headers_stop_iteration,
            ..PluginSpec::default()
        }
    }
}

/// Long enough for everything that ends.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));

impl VmHeader {
    /// As the host takes it, for one of its plugins.
    pub fn config(&self, plugin: &PluginHeader) -> VmConfig {
        VmConfig {
            vm_id: self.vm_id.clone(),
            configuration: self.configuration.clone().into(),
            environment: self.environment.clone(),
            // A case ends the same on a machine that is busy.
            limits: Limits { callback_deadline: PATIENCE, start_deadline: PATIENCE, ..Limits::default() },
            allowed_capabilities: plugin.allowed_capabilities.iter().cloned().collect(),
            ..VmConfig::default()
        }
    }
}

fn default_level() -> String {
    LogLevel::Trace.name().to_owned()
}

fn default_limit() -> usize {
    1 << 20
}

fn default_plugins() -> Vec<PluginHeader> {
    vec![PluginHeader { name: "plugin".to_owned(), ..PluginHeader::default() }]
}

fn default_upstreams() -> Vec<String> {
    vec!["auth".to_owned()]
}

fn default_dialogue() -> Vec<Step> {
    let request = Step { request: Some(Message::default()), ..Step::default() };
    let response = Step { response: Some(Message::default()), ..Step::default() };
    vec![request, response]
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn unknown_keys_versions_and_empty_steps_are_errors() {
        let error = |text: &str| format!("{:#}", Header::parse(text).unwrap_err());
        let head = ";;! title = \"t\"\n;;! spec = \"s\"\n";
        assert!(error("(module)").contains("begins with its header"));
        assert!(error(&format!("{head};;! abi = [\"0.2.1\"]\n;;! colour = 1")).contains("unknown field `colour`"));
        assert!(error(&format!("{head};;! abi = [\"0.3.0\"]")).contains("no version \"0.3.0\""));
        assert!(error(&format!("{head};;! abi = [\"0.2.1\"]\n;;! dialogue = [{{}}]")).contains("exactly one"));
        assert!(Header::parse(&format!("{head};;! abi = [\"0.2.1\"]\n(module)")).is_ok());
    }
}
