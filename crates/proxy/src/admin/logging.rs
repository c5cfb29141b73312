//! `/logging`.

use super::reply::{self, Reply};
use super::{Query, State};
use crate::log_levels::{LogLevels, level_name, parse_level};
use hyper::StatusCode;
use std::fmt::Write as _;

const USAGE: &str = "usage: /logging?<name>=<level> (change single level)
usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)
usage: /logging?level=<level> (change all levels)
levels: trace debug info warning error critical off
";

/// Changes levels, if that is asked for, and shows them.
pub(super) fn page(state: &State, query: &Query<'_>) -> Reply {
    let Some(logging) = &state.logging else {
        return reply::text(StatusCode::NOT_IMPLEMENTED, "the levels of this proxy's logs are not its own to change\n");
    };
    let mut levels = logging.levels();
    let changed = changed(&mut levels, query).and_then(|changes| if changes { logging.set(levels) } else { Ok(()) });
    match changed {
        Ok(()) => reply::text(StatusCode::OK, list(logging.levels())),
        Err(why) => reply::text(StatusCode::BAD_REQUEST, format!("error: {why}\n\n{USAGE}{}", list(logging.levels()))),
    }
}

/// Whether the query changes anything, and the levels with what it changes.
fn changed(levels: &mut LogLevels, query: &Query<'_>) -> Result<bool, String> {
    let mut any = false;
    for (name, value) in query.pairs() {
        match &*name {
            "level" => {
                let level = parse_level(&value)?;
                *levels = LogLevels { main: level, wasm: level };
            }
            "paths" => {
                for pair in value.split(',') {
                    let (name, level) = pair.split_once(':').ok_or("paths is a list of name:level")?;
                    *levels.of(name)? = parse_level(level)?;
                }
            }
            name => *levels.of(name)? = parse_level(&value)?,
        }
        any = true;
    }
    Ok(any)
}

fn list(levels: LogLevels) -> String {
    let mut out = "active loggers:\n".to_owned();
    for (name, level) in [("main", levels.main), ("wasm", levels.wasm)] {
        let _ = writeln!(out, "  {name}: {}", level_name(level));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Query, changed, list};
    use crate::log_levels::LogLevels;
    use tracing::level_filters::LevelFilter;

    #[test]
    fn one_some_or_all_levels_are_changed() {
        let read = |query| {
            let mut levels = LogLevels { main: LevelFilter::INFO, wasm: LevelFilter::INFO };
            changed(&mut levels, &Query(query)).map(|_| list(levels).replace("active loggers:\n", "").replace('\n', ""))
        };
        assert_eq!(read("").unwrap(), "  main: info  wasm: info");
        assert_eq!(read("level=warning").unwrap(), "  main: warning  wasm: warning");
        assert_eq!(read("wasm=trace").unwrap(), "  main: info  wasm: trace");
        assert_eq!(read("paths=wasm:off,main:critical").unwrap(), "  main: error  wasm: off");
        for wrong in ["level=loud", "http=debug", "paths=wasm", "wasm", "level"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
