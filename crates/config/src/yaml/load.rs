//! The parser's events, put together as a tree: anchors, aliases, merge keys and duplicate keys are dealt with here.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::json::join_surrogates;
use super::tag::{collection_tag, tagged};
use super::{Entry, Fault, Node, Position, Scalar, Value};

/// Reads the one document of a YAML or JSON text.
pub(crate) fn load(text: &str) -> Result<Node, Fault> {
    if text.len() > MAX_TEXT {
        return Err(Fault {
            at: Position::START,
            message: format!("the file has {} bytes; at most {MAX_TEXT} are read", text.len()),
        });
    }
    refuse_control_characters(text)?;
    let text = join_surrogates(text);
    let mut loader = Loader { parser: Parser::new_from_str(&text), anchors: HashMap::new(), expanded: 0 };
    loader.document()
}

struct Loader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Anchor>,
    /// Weight of the copies made so far for anchors and aliases.
    expanded: usize,
}

struct Anchor {
    node: Node,
    weight: usize,
    height: usize,
}

/// A finished node with its measures: `weight` is roughly its bytes, `height` its levels of nesting.
struct Built {
    node: Node,
    weight: usize,
    height: usize,
}

/// A key together with what makes it special.
struct Key {
    name: String,
    at: Position,
    merge: bool,
    ignore: bool,
}

// === impl Loader ===

impl<'a> Loader<'a> {
    fn document(&mut self) -> Result<Node, Fault> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if root.is_none() => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span, 0)?.node);
                }
                Event::DocumentStart(_) => {
                    return Err(Fault {
                        at: position(span),
                        message: "a second YAML document begins here; a bootstrap is one document, so keep one and \
                                  remove the \"---\" between them"
                            .to_owned(),
                    });
                }
                Event::StreamEnd => break,
                _ => return Err(unexpected(span)),
            }
        }
        Ok(root.unwrap_or_else(|| Node {
            value: Value::Scalar(Scalar { text: String::new(), plain: true }),
            at: Position::START,
        }))
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(scan_fault(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Built, Fault> {
        if depth >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        match event {
            Event::Alias(id) => self.alias(id, span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = tagged(text.into_owned(), style, tag.as_deref(), span)?;
                let weight = NODE_WEIGHT + scalar.text.len();
                let node = Node { value: Value::Scalar(scalar), at: position(span) };
                self.anchored(anchor, Built { node, weight, height: 1 }, span)
            }
            Event::SequenceStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "seq", span)?;
                let built = self.sequence(span, depth)?;
                self.anchored(anchor, built, span)
            }
            Event::MappingStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "map", span)?;
                let built = self.mapping(span, depth)?;
                self.anchored(anchor, built, span)
            }
            _ => Err(unexpected(span)),
        }
    }

    fn sequence(&mut self, start: Span, depth: usize) -> Result<Built, Fault> {
        let mut items = Vec::new();
        let (mut weight, mut height) = (NODE_WEIGHT, 1);
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                break;
            }
            let item = self.node(event, span, depth + 1)?;
            weight += item.weight;
            height = height.max(item.height + 1);
            items.push(item.node);
        }
        Ok(Built { node: Node { value: Value::Sequence(items), at: position(start) }, weight, height })
    }

    fn mapping(&mut self, start: Span, depth: usize) -> Result<Built, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut merged = Vec::new();
        let (mut weight, mut height) = (NODE_WEIGHT, 1);
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.key(event, span)?;
            let (event, span) = self.next()?;
            let mut value = self.node(event, span, depth + 1)?;
            if value.node.is_null() {
                // The parser puts a missing value at whatever follows it.
                value.node.at = key.at;
            }
            if key.ignore {
                continue;
            }
            weight += NODE_WEIGHT + key.name.len() + value.weight;
            height = height.max(value.height + 1);
            if key.merge {
                merged.extend(merge_sources(value.node, key.at)?);
                continue;
            }
            if let Some(first) = seen.insert(key.name.clone(), key.at.line) {
                return Err(Fault {
                    at: key.at,
                    message: format!("key {:?} is given twice in this mapping; the first is on line {first}", key.name),
                });
            }
            entries.push(Entry { key: key.name, at: key.at, value: value.node });
        }
        // A key of the mapping itself wins over a merged one, an earlier merge over a later one.
        for entry in merged {
            if !seen.contains_key(&entry.key) {
                seen.insert(entry.key.clone(), entry.at.line);
                entries.push(entry);
            }
        }
        let at = entries.first().map_or_else(|| position(start), |first| earlier(position(start), first.at));
        Ok(Built { node: Node { value: Value::Mapping(entries), at }, weight, height })
    }

    fn key(&mut self, event: Event<'a>, span: Span) -> Result<Key, Fault> {
        let at = position(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let ignore = tag.as_deref().is_some_and(|tag| tag.handle == "!" && tag.suffix == "ignore");
                let merge = style == ScalarStyle::Plain && text == "<<";
                let scalar = tagged(text.into_owned(), style, tag.as_deref().filter(|_| !ignore), span)?;
                if scalar.plain && scalar.text.is_empty() {
                    return Err(Fault { at, message: "a key is missing before this colon".to_owned() });
                }
                let name = scalar.text.clone();
                let weight = NODE_WEIGHT + name.len();
                let node = Node { value: Value::Scalar(scalar), at };
                self.anchored(anchor, Built { node, weight, height: 1 }, span)?;
                Ok(Key { name, at, merge, ignore })
            }
            Event::Alias(id) => match self.alias(id, span, 0)?.node.value {
                Value::Scalar(scalar) => Ok(Key { name: scalar.text, at, merge: false, ignore: false }),
                _ => Err(complex_key(at)),
            },
            _ => Err(complex_key(at)),
        }
    }

    /// Remembers a node that has an anchor.
    fn anchored(&mut self, anchor: usize, built: Built, span: Span) -> Result<Built, Fault> {
        if anchor != 0 {
            self.charge(built.weight, span)?;
            let Built { ref node, weight, height } = built;
            self.anchors.insert(anchor, Anchor { node: node.clone(), weight, height });
        }
        Ok(built)
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<Built, Fault> {
        let Some(&Anchor { weight, height, .. }) = self.anchors.get(&id) else {
            return Err(Fault {
                at: position(span),
                message: "this alias stands inside the value that it names; an anchor cannot contain itself".to_owned(),
            });
        };
        if depth + height > MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.charge(weight, span)?;
        // Present: looked up above. Nodes keep the place of the anchored text, where a mistake has to be mended.
        let node = self.anchors[&id].node.clone();
        Ok(Built { node, weight, height })
    }

    fn charge(&mut self, weight: usize, span: Span) -> Result<(), Fault> {
        self.expanded = self.expanded.saturating_add(weight);
        if self.expanded > MAX_EXPANSION {
            return Err(Fault {
                at: position(span),
                message: format!(
                    "anchors and aliases of this file grow beyond {MAX_EXPANSION} bytes when written out; \
                     write the values in full or use fewer aliases"
                ),
            });
        }
        Ok(())
    }
}

/// The mappings named by a merge key (`<<`), flattened in the order of their precedence.
fn merge_sources(value: Node, at: Position) -> Result<Vec<Entry>, Fault> {
    let fault =
        || Fault { at, message: "a merge key (<<) takes an alias of a mapping, or a list of such aliases".to_owned() };
    match value.value {
        Value::Mapping(entries) => Ok(entries),
        Value::Sequence(items) => {
            let mut all = Vec::new();
            for item in items {
                let Value::Mapping(entries) = item.value else {
                    return Err(fault());
                };
                all.extend(entries);
            }
            Ok(all)
        }
        Value::Scalar(_) => Err(fault()),
    }
}

fn complex_key(at: Position) -> Fault {
    Fault { at, message: "a key is text here, not a list or a mapping".to_owned() }
}

fn too_deep(span: Span) -> Fault {
    Fault { at: position(span), message: format!("values are nested more than {MAX_DEPTH} levels deep") }
}

fn unexpected(span: Span) -> Fault {
    Fault { at: position(span), message: "not valid YAML: a value was expected here".to_owned() }
}

fn scan_fault(error: &ScanError) -> Fault {
    let info = error.info();
    let advice = [
        ("unknown anchor", "; define it with & before its first use"),
        ("expected key", "; compare the indentation with the lines above"),
        ("block collection", "; compare the indentation with the lines above"),
        ("tab", "; indent with spaces"),
        ("quoted scalar", "; is a closing quote missing?"),
        ("mapping values", "; put text that has a colon in it in quotes, or check the indentation"),
    ];
    let advice = advice.iter().find(|(part, _)| info.contains(part)).map_or("", |(_, advice)| advice);
    let message = format!("not valid YAML: {info}{advice}");
    Fault { at: place(error.marker().line(), error.marker().col()), message }
}

/// The parser takes NUL for the end of the text and would leave out what follows.
fn refuse_control_characters(text: &str) -> Result<(), Fault> {
    let is_control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r');
    let Some((offset, found)) = text.char_indices().find(|(_, c)| is_control(*c)) else {
        return Ok(());
    };
    let before = text.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Err(Fault {
        at: place(before.matches('\n').count() + 1, before.get(line_start..).unwrap_or_default().chars().count()),
        message: format!(
            "the file contains the control character {}, which is not text; is this a YAML file?",
            found.escape_unicode()
        ),
    })
}

pub(super) fn position(span: Span) -> Position {
    place(span.start.line(), span.start.col())
}

/// The parser counts columns from 0, and lines from 1 except in an empty text.
fn place(line: usize, column: usize) -> Position {
    Position { line: line.max(1), column: column + 1 }
}

fn earlier(a: Position, b: Position) -> Position {
    if (b.line, b.column) < (a.line, a.column) { b } else { a }
}

/// Levels of nesting; protobuf stops at the same number.
const MAX_DEPTH: usize = 100;
/// Bytes of text; room for modules written inline.
const MAX_TEXT: usize = 64 << 20;
/// Bytes that all anchors and aliases together may stand for.
const MAX_EXPANSION: usize = 8 << 20;
/// What a node weighs besides its text.
const NODE_WEIGHT: usize = 32;

#[cfg(test)]
mod tests;
