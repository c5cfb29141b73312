//! Access logs: a line for each request or connection that has ended, in a file or a standard stream.
//!
//! Lines are collected and written together, when there are many of them or a second has passed, so that a request costs no
//! system call. A reload opens the files anew, which is how they are rotated.

mod connection;
mod filter;

pub(crate) use filter::{chooses, chosen, lets_through};

pub(crate) use connection::ConnectionLog;

use crate::error::ServerError;
use crate::format::{Facts, Purpose, fill_in, is_number, may_be_empty};
use serde_json::{Map, Number, Value};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tollgate_config::{Format, FormatOperator, LogFilter, LogFormat, LogOutput, LogValue, PlainOperator, WrittenLog};

/// Bytes that are written at once, when there are as many.
const MUCH: usize = 64 * 1024;

/// How long a line waits at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Where lines go.
#[derive(Debug)]
pub(crate) struct Sink {
    output: LogOutput,
    open: Mutex<Open>,
    /// That it cannot be written has been said.
    has_failed: AtomicBool,
}

#[derive(Debug)]
struct Open {
    /// `None` for a standard stream.
    file: Option<File>,
    /// What waits.
    lines: Vec<u8>,
}

impl Sink {
    fn open(log: &WrittenLog) -> Result<Self, ServerError> {
        let file = match &log.output {
            LogOutput::File(path) => {
                let cannot =
                    |error| ServerError::AccessLog { path: path.clone(), location: log.location.clone(), error };
                Some(open_file(path).map_err(cannot)?)
            }
            LogOutput::Stdout | LogOutput::Stderr => None,
        };
        let open = Mutex::new(Open { file, lines: Vec::new() });
        Ok(Self { output: log.output.clone(), open, has_failed: AtomicBool::new(false) })
    }

    fn write(&self, line: &[u8]) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.lines.extend_from_slice(line);
        if open.lines.len() >= MUCH {
            self.flush_open(&mut open);
        }
    }

    /// Writes what waits.
    pub(crate) fn flush(&self) {
        self.flush_open(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Opens the file anew, after writing what waits to the old one. If it cannot be opened, that one goes on.
    pub(crate) fn reopen(&self) {
        let LogOutput::File(path) = &self.output else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.flush_open(&mut open);
        match open_file(path) {
            Ok(file) => open.file = Some(file),
            Err(error) => {
                tracing::warn!("access log {} cannot be opened, lines go on to the old file: {error}", path.display());
            }
        }
    }

    fn flush_open(&self, Open { file, lines }: &mut Open) {
        if lines.is_empty() {
            return;
        }
        let written = match (file, &self.output) {
            (Some(file), _) => file.write_all(lines),
            (None, LogOutput::Stderr) => io::stderr().lock().write_all(lines),
            (None, _) => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(lines).and_then(|()| stdout.flush())
            }
        };
        // What cannot be written is gone: keeping it would take more and more memory.
        lines.clear();
        match written {
            Ok(()) => self.has_failed.store(false, Ordering::Relaxed),
            Err(error) if !self.has_failed.swap(true, Ordering::Relaxed) => {
                tracing::warn!("access log {:?} cannot be written, its lines are lost: {error}", self.output);
            }
            Err(_) => {}
        }
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Opens the outputs of logs: one for all logs that have the same.
///
/// # Errors
///
/// [`ServerError::AccessLog`] if a file cannot be opened.
pub(crate) fn open<'a>(logs: impl IntoIterator<Item = &'a WrittenLog>) -> Result<Vec<Arc<Sink>>, ServerError> {
    let mut sinks: Vec<Arc<Sink>> = Vec::new();
    for log in logs {
        if !sinks.iter().any(|sink| sink.output == log.output) {
            sinks.push(Arc::new(Sink::open(log)?));
        }
    }
    Ok(sinks)
}

/// Writes what waits again and again, for as long as a sink is in use.
pub(crate) async fn keep_flushed(sink: Weak<Sink>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        match sink.upgrade() {
            Some(sink) => sink.flush(),
            None => return,
        }
    }
}

/// A log of a listener.
#[derive(Debug)]
pub(crate) struct AccessLog {
    filter: Option<LogFilter>,
    format: LogFormat,
    sink: Arc<Sink>,
}

impl AccessLog {
    /// A log whose output is among those that were opened.
    fn new(log: &WrittenLog, sinks: &[Arc<Sink>]) -> Option<Self> {
        let sink = sinks.iter().find(|sink| sink.output == log.output)?;
        Some(Self { filter: log.filter.clone(), format: log.format.clone(), sink: sink.clone() })
    }

    /// Those of some logs whose outputs are among those that were opened.
    pub(crate) fn all(logs: &[WrittenLog], sinks: &[Arc<Sink>]) -> Vec<Self> {
        logs.iter().filter_map(|log| Self::new(log, sinks)).collect()
    }

    /// Notes a request or connection that has ended, if the log is to have it.
    pub(crate) fn write(&self, facts: &Facts<'_>) {
        if self.filter.as_ref().is_some_and(|filter| !lets_through(filter, facts)) {
            return;
        }
        self.sink.write(&written(&self.format, facts, Purpose::Line));
    }
}

/// What is written of something: text, or an object on a line of its own.
pub(crate) fn written(format: &LogFormat, facts: &Facts<'_>, purpose: Purpose) -> Vec<u8> {
    match format {
        LogFormat::Text(format) => fill_in(format, facts, purpose),
        LogFormat::Json(fields) => {
            let mut line = object(fields, facts).to_string();
            line.push('\n');
            line.into_bytes()
        }
    }
}

fn object(fields: &[(String, LogValue)], facts: &Facts<'_>) -> Value {
    fields.iter().map(|(name, field)| (name.clone(), value(field, facts))).collect::<Map<_, _>>().into()
}

fn value(field: &LogValue, facts: &Facts<'_>) -> Value {
    match field {
        LogValue::Null => Value::Null,
        LogValue::Bool(bool) => (*bool).into(),
        LogValue::Number(number) => number_of(*number),
        LogValue::Text(format) => text(format, facts),
        LogValue::List(list) => list.iter().map(|item| value(item, facts)).collect(),
        LogValue::Object(fields) => object(fields, facts),
    }
}

/// A number as it was written, without a fraction where it has none.
fn number_of(number: f64) -> Value {
    let whole = number as i64;
    if whole as f64 == number { whole.into() } else { Number::from_f64(number).into() }
}

/// A single fact is null where it is not known, and a number where it is one. That there are no flags is known.
fn text(format: &Format, facts: &Facts<'_>) -> Value {
    let flags = FormatOperator::Plain(PlainOperator::ResponseFlags);
    let single = format.single().filter(|operator| **operator != flags);
    let text = fill_in(format, facts, if single.is_some() { Purpose::Value } else { Purpose::Line });
    let text = String::from_utf8_lossy(&text);
    match single {
        Some(operator) if text.is_empty() && !may_be_empty(operator, facts) => Value::Null,
        Some(operator) if is_number(operator) => text.parse::<u64>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessLog, open};
    use crate::format::Facts;
    use std::fs;
    use tollgate_config::parse;
    use tollgate_host::fields::{FieldName, HeaderMap};
    use tollgate_host::stream::StreamInfo;

    fn logged(log: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let yaml = format!(
            r#"static_resources: {{ listeners: [{{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: 1 }} }}, filter_chains: [{{ filters: [{{
            name: hcm, typed_config: {{
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
              stat_prefix: a, route_config: {{ virtual_hosts: [] }},
              http_filters: [{{ name: r, typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }} }}],
              access_log: [{{ name: l, typed_config: {{
                "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: {}, {log} }} }}] }} }}] }}] }}] }}"#,
            path.display()
        );
        let parsed = parse("test.yaml", &yaml).unwrap();
        let http = parsed.bootstrap.listeners[0].filter_chains[0].http().unwrap();
        let sinks = open(&http.written_logs).unwrap();
        let log = AccessLog::new(&http.written_logs[0], &sinks).unwrap();
        let mut request = HeaderMap::new();
        for (name, value) in [(":method", "GET"), (":path", "/a\"b"), (":authority", "h"), ("x-lines", "one\ntwo")] {
            request.append(FieldName::from_bytes(name.as_bytes()), value.into());
        }
        let mut response = HeaderMap::new();
        response.append(FieldName::from_bytes(b":status"), "204".into());
        let info = StreamInfo { protocol: "HTTP/1.1", duration_nanos: Some(7_900_000), ..StreamInfo::default() };
        log.write(&Facts { response: Some(&response), ..Facts::new(&request, &info) });
        drop((log, sinks));
        fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn the_default_is_envoy_s() {
        let line = logged(
            "log_format: { text_format_source: { inline_string: \"%REQ(:METHOD)% %REQ(x-a)% %REQ(x-lines)%|\" } }",
        );
        assert_eq!(line, "GET - one two|");
        let line = logged("");
        assert_eq!(
            line,
            "[1970-01-01T00:00:00.000Z] \"GET /a\"b HTTP/1.1\" 204 - 0 0 7 - \"-\" \"-\" \"-\" \"h\" \"-\"\n"
        );
    }

    #[test]
    fn objects_have_numbers_null_and_nothing_that_is_not_escaped() {
        let line = logged(
            "log_format: { json_format: { path: \"%REQ(:PATH)%\", code: \"%RESPONSE_CODE%\", ms: \"%DURATION%\", who: \"%REQ(x-a)%\", flags: \"%RESPONSE_FLAGS%\", \
             both: \"%REQ(x-a)% %PROTOCOL%\", fixed: [1, 1.5, true, null], in: { host: \"%REQ(:AUTHORITY)%\" } } }",
        );
        assert_eq!(
            line,
            "{\"path\":\"/a\\\"b\",\"code\":204,\"ms\":7,\"who\":null,\"flags\":\"-\",\"both\":\"- HTTP/1.1\",\"fixed\":[1,1.5,true,null],\
             \"in\":{\"host\":\"h\"}}\n"
        );
    }
}
