//! `expected.txt`, read.

use std::fmt;
use std::path::Path;

/// One exchange with the proxy, or one failed start.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Line in the file, for messages.
    pub(super) line: usize,
    only: Option<String>,
    pub(super) needs_upstream: bool,
    pub(super) request: Option<Side>,
    pub(super) response: Option<Side>,
    /// `LEVEL PLUGIN: TEXT`
    pub(super) log: Vec<String>,
    pub(super) exit: Option<i32>,
    pub(super) says: Vec<String>,
}

/// A request or a response.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) first_line: String,
    /// As they stand there; `!name` in a response is a header that must not be there.
    pub(super) headers: Vec<String>,
    /// With a line feed after every line; `None` if there is no body.
    pub(super) body: Option<String>,
}

impl Side {
    fn push(side: &mut Option<Self>, text: &str) {
        let Some(side) = side else {
            *side = Some(Self { first_line: text.to_owned(), ..Self::default() });
            return;
        };
        match &mut side.body {
            Some(body) => {
                body.push_str(text);
                body.push('\n');
            }
            None if text.is_empty() => side.body = Some(String::new()),
            None => side.headers.push(text.to_owned()),
        }
    }
}

/// The blocks that hold for this proxy.
pub(super) fn read(path: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut blocks = vec![Block::default()];
    for (index, line) in text.lines().enumerate() {
        let complain = |what: &dyn fmt::Display| panic!("{}:{}: {what}", path.display(), index + 1);
        let last = blocks.len() - 1;
        let block = &mut blocks[last];
        if line.is_empty() {
            blocks.push(Block::default());
            continue;
        }
        if block.line == 0 {
            block.line = index + 1;
        }
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (sign, rest) {
            ("#", _) => {}
            ("@only", name @ ("tollgate" | "envoy")) => block.only = Some(name.to_owned()),
            ("@upstream", "echo") => block.needs_upstream = true,
            (">", text) => Side::push(&mut block.request, text),
            ("<", text) => Side::push(&mut block.response, text),
            ("*", text) => block.log.push(text.to_owned()),
            ("!", text) => match text.split_once(' ') {
                Some(("exit", status)) => {
                    block.exit = Some(status.parse().expect("exit N"));
                }
                Some(("says", text)) => block.says.push(text.to_owned()),
                _ => complain(&"after ! comes exit or says"),
            },
            _ => complain(&"no line begins like this"),
        }
    }
    blocks.retain(|block| block.request.is_some() || block.exit.is_some());
    blocks.retain(|block| block.only.as_deref().is_none_or(|only| only == "tollgate"));
    assert!(!blocks.is_empty(), "{}: nothing in it holds for tollgate", path.display());
    blocks
}
