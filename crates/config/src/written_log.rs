//! Access logs that are written: `envoy.extensions.access_loggers.file.v3.FileAccessLog` and those of the standard streams.

use std::path::PathBuf;

use crate::data_source::{self, DataSource};
use crate::diagnostics::Location;
use crate::fields::access_log::{FILE_ACCESS_LOG, STREAM_ACCESS_LOG, SUBSTITUTION_FORMAT_STRING};
use crate::format::Format;
use crate::log_filter::LogFilter;
use crate::metadata::{self, StructValue};
use crate::reader::{Any, Cursor, Object, TypedMessage};

/// What Envoy writes where no format is given (`FileAccessLog.log_format`).
const DEFAULT: &str = "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% \
                       %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% \
                       %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \
                       \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

/// A line for each request or connection that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenLog {
    /// Where it is written.
    pub output: LogOutput,
    /// Envoy's `filter`, where not all are written.
    pub filter: Option<LogFilter>,
    /// What is written.
    pub format: LogFormat,
    /// Where the log stands in the file.
    pub location: Location,
}

/// Where an access log is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogOutput {
    /// Envoy's `path`, as written; a line is appended.
    File(PathBuf),
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
}

/// What is written for a request.
#[derive(Clone, Debug, PartialEq)]
pub enum LogFormat {
    /// Envoy's `json_format`: an object on a line of its own, its names in order.
    Json(Vec<(String, LogValue)>),
    /// Envoy's `text_format_source`. It ends its lines itself.
    Text(Format),
}

/// A value in an object.
#[derive(Clone, Debug, PartialEq)]
pub enum LogValue {
    /// True or false.
    Bool(bool),
    /// Values in order.
    List(Vec<Self>),
    /// Nothing.
    Null,
    /// A number.
    Number(f64),
    /// Names and values, in order.
    Object(Vec<(String, Self)>),
    /// A text with facts in it; a single fact that is a number is one.
    Text(Format),
}

/// The types of these logs.
pub(crate) const FILE: TypedMessage = TypedMessage {
    v3: "envoy.extensions.access_loggers.file.v3.FileAccessLog",
    v2: "envoy.config.accesslog.v2.FileAccessLog",
};
pub(crate) const STDOUT: TypedMessage =
    TypedMessage { v3: "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", v2: "" };
pub(crate) const STDERR: TypedMessage =
    TypedMessage { v3: "envoy.extensions.access_loggers.stream.v3.StderrAccessLog", v2: "" };

/// Decodes one of them; `None` if it is another, or wrong.
pub(crate) fn decode(any: &Any<'_>, at: &Cursor<'_>) -> Option<WrittenLog> {
    let formats: &[&'static str] =
        if any.is(&FILE) { &["log_format", "format", "json_format", "typed_json_format"] } else { &["log_format"] };
    let (object, output) = if any.is(&FILE) {
        let object = any.object(&FILE_ACCESS_LOG)?;
        let path = object.required("path", "such as /var/log/access.log")?.nonempty_text()?;
        // These are what containers write to; a file cannot be opened there by whoever is not allowed to.
        let output = match path {
            "/dev/stdout" => LogOutput::Stdout,
            "/dev/stderr" => LogOutput::Stderr,
            path => LogOutput::File(path.into()),
        };
        (object, output)
    } else {
        let output = if any.is(&STDOUT) { LogOutput::Stdout } else { LogOutput::Stderr };
        (any.object(&STREAM_ACCESS_LOG)?, output)
    };
    let format = match object.one_of(formats) {
        Some(("log_format", at)) => decode_format(&Object::open(&at, &SUBSTITUTION_FORMAT_STRING)?)?,
        Some(("format", at)) => LogFormat::Text(text(at.text()?, &at)?),
        Some((_, at)) => LogFormat::Json(fields(metadata::decode_struct(&at), &at)?),
        None => LogFormat::Text(Format::parse(DEFAULT).ok()?),
    };
    Some(WrittenLog { output, filter: None, format, location: at.location() })
}

/// Decodes a `SubstitutionFormatString`.
pub(crate) fn decode_format(object: &Object<'_>) -> Option<LogFormat> {
    match object.one_of(&["text_format_source", "text_format", "json_format"]) {
        Some(("json_format", at)) => Some(LogFormat::Json(fields(metadata::decode_struct(&at), &at)?)),
        Some(("text_format", at)) => Some(LogFormat::Text(text(at.text()?, &at)?)),
        Some((_, at)) => match data_source::decode(&at)? {
            DataSource::Inline(bytes) => {
                let Ok(inline) = String::from_utf8(bytes) else {
                    at.error("a format is text in UTF-8");
                    return None;
                };
                Some(LogFormat::Text(text(&inline, &at)?))
            }
            DataSource::File { .. } => {
                at.error("a format in a file of its own is not supported by Tollgate; write it as inline_string");
                None
            }
        },
        None => {
            object.missing(
                &["text_format_source", "json_format"],
                "SubstitutionFormatString needs one of the fields \"text_format_source\" and \"json_format\"",
            );
            None
        }
    }
}

fn fields(given: Vec<(String, StructValue)>, at: &Cursor<'_>) -> Option<Vec<(String, LogValue)>> {
    given.into_iter().map(|(name, given)| Some((name, value(given, at)?))).collect()
}

fn value(given: StructValue, at: &Cursor<'_>) -> Option<LogValue> {
    Some(match given {
        StructValue::Null => LogValue::Null,
        StructValue::Bool(bool) => LogValue::Bool(bool),
        StructValue::Number(number) => LogValue::Number(number),
        StructValue::String(format) => LogValue::Text(text(&format, at)?),
        StructValue::List(list) => LogValue::List(list.into_iter().map(|item| value(item, at)).collect::<Option<_>>()?),
        StructValue::Struct(given) => LogValue::Object(fields(given, at)?),
    })
}

fn text(format: &str, at: &Cursor<'_>) -> Option<Format> {
    match Format::parse_log(format) {
        Ok((format, unknown)) => {
            for name in unknown {
                at.warn_once(
                    format!("access log %{name}%"),
                    format!("%{name}% is never known to Tollgate: there is - in its place"),
                );
            }
            Some(format)
        }
        Err(message) => {
            at.error(message);
            None
        }
    }
}
