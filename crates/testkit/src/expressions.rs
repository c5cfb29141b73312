//! Expressions of the Common Expression Language, as `expr_create` takes them, chosen by bytes.

/// Deepest that parts stand within each other.
const MAX_DEPTH: usize = 24;

/// Attributes that an expression may ask for; a test gives them a value, or none.
const ATTRIBUTES: &[&str] = &[
    "long",
    "list",
    "request.path",
    "request.headers",
    "request.headers['x-one']",
    "request.size",
    "request.time",
    "request.duration",
    "request",
    "raw",
    "node",
    "nope",
    "nope.x",
];

const LITERALS: &[&str] = &[
    "1",
    "0",
    "-1",
    "9223372036854775807",
    "7u",
    "1.5",
    "1e308",
    "true",
    "false",
    "null",
    "''",
    "'abc'",
    "b'\\xff'",
    "'1970-01-01T00:00:00Z'",
    "'9999h'",
    "'+25:00'",
    "'Europe/Berlin'",
    "[]",
    "{}",
];

const OPERATORS: &[&str] = &["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"];

const FUNCTIONS: &[&str] =
    &["size", "string", "int", "uint", "double", "bool", "bytes", "duration", "timestamp", "type", "dyn", "has"];

const METHODS: &[&str] = &[
    "contains",
    "startsWith",
    "endsWith",
    "size",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfYear",
    "getHours",
    "getMilliseconds",
];

const LOOPS: &[&str] = &["all", "exists", "exists_one", "map", "filter"];

const PATTERNS: &[&str] =
    &["a", "x+", "(x+x+)+y", "x{100}", "(x{30}){30}", "\\\\w{50}", "(?:x|x|x)*$", "(", ".*.*.*y", "[^a]{200}", ""];

/// The expression that these bytes choose: right in form, mostly, and of any size and shape. Loops stand within loops,
/// values grow in them, and regular expressions are applied to what they have made.
pub fn expression(bytes: &[u8]) -> String {
    let mut writer = Writer { bytes: bytes.iter(), text: String::new(), names: Vec::new() };
    writer.expression(0);
    writer.text
}

struct Writer<'a> {
    bytes: std::slice::Iter<'a, u8>,
    text: String,
    /// Variables of the loops that are open.
    names: Vec<String>,
}

impl Writer<'_> {
    /// The next choice; 0 when the bytes have run out, which chooses what ends soonest.
    fn next(&mut self) -> usize {
        self.bytes.next().copied().map_or(0, usize::from)
    }

    fn one_of(&mut self, list: &[&str]) {
        let chosen = list[self.next() % list.len()];
        self.text.push_str(chosen);
    }

    fn expression(&mut self, depth: usize) {
        let kind = if depth > MAX_DEPTH { 0 } else { self.next() % 16 };
        match kind {
            0 | 1 => self.one_of(LITERALS),
            2 | 3 => self.one_of(ATTRIBUTES),
            4 => match self.names.len() {
                0 => self.text.push_str("long"),
                open => {
                    let chosen = self.next() % open;
                    self.text.push_str(&self.names[chosen]);
                }
            },
            5 | 6 => {
                self.text.push('(');
                self.expression(depth + 1);
                self.text.push(' ');
                self.one_of(OPERATORS);
                self.text.push(' ');
                self.expression(depth + 1);
                self.text.push(')');
            }
            7 => {
                self.one_of(FUNCTIONS);
                self.text.push('(');
                self.expression(depth + 1);
                self.text.push(')');
            }
            8 => {
                self.expression(depth + 1);
                self.text.push('.');
                self.one_of(METHODS);
                self.text.push('(');
                if self.next() % 2 == 1 {
                    self.expression(depth + 1);
                }
                self.text.push(')');
            }
            9 => self.list(depth),
            10 => {
                self.expression(depth + 1);
                self.text.push_str(".matches('");
                self.one_of(PATTERNS);
                self.text.push_str("')");
            }
            11 | 12 => self.comprehension(depth),
            13 => {
                for part in ["(", " ? ", " : "] {
                    self.text.push_str(part);
                    self.expression(depth + 1);
                }
                self.text.push(')');
            }
            14 => {
                self.expression(depth + 1);
                self.text.push('[');
                self.expression(depth + 1);
                self.text.push(']');
            }
            _ => {
                self.text.push_str("{'k': ");
                self.expression(depth + 1);
                self.text.push_str(", ");
                self.expression(depth + 1);
                self.text.push_str(": 1}");
            }
        }
    }

    /// A list of a few parts, or of one so often that it is large.
    fn list(&mut self, depth: usize) {
        let start = self.text.len();
        self.expression(depth + 1);
        let part = self.text[start..].to_owned();
        let times = match self.next() {
            few @ 0..=199 => few % 4,
            many => (many - 199) * 8,
        };
        // What is too long is refused for that alone, which is tried elsewhere.
        for _ in 0..times.min(16_000 / (part.len() + 1)) {
            self.text.push(',');
            self.text.push_str(&part);
        }
        self.text.insert(start, '[');
        self.text.push(']');
    }

    fn comprehension(&mut self, depth: usize) {
        match self.next() % 3 {
            0 => self.one_of(ATTRIBUTES),
            _ => self.list(depth),
        }
        let name = format!("v{}", self.names.len());
        self.text.push('.');
        self.one_of(LOOPS);
        self.text.push('(');
        self.text.push_str(&name);
        self.text.push_str(", ");
        self.names.push(name);
        self.expression(depth + 1);
        self.names.pop();
        self.text.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn no_bytes_choose_the_shortest_and_all_bytes_an_end() {
        assert_eq!(expression(&[]), "1");
        assert_eq!(expression(&[11, 0, 1, 3, 5, 2, 2, 1, 0, 0]), "list.map(v0, (request.path - 1))");
        for byte in 0..=255 {
            let _ = expression(&[byte; 64]);
        }
    }
}
