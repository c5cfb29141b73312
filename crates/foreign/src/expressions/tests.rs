use super::program::Program;
use super::value_of;
use proptest::strategy::{Strategy as _, ValueTree as _};
use std::time::{Duration, Instant};
use tollgate_abi::Status;
use tollgate_abi::encoding::property::Value;
use tollgate_host::foreign::Property;

/// A request to `/api/v1` with two headers, as a plugin sees it.
fn property(path: &[u8]) -> Option<Property> {
    let headers = || Value::Map(vec![(b"x-one".to_vec(), "1".into()), (b"x-two".to_vec(), "2".into())]);
    let value = match path {
        b"request" | b"source" => return Some(Property::Group),
        b"node" => Value::Bytes(vec![0x0a, 0x01, b'n']),
        b"node\0id" => "n".into(),
        b"request\0path" => "/api/v1".into(),
        b"request\0headers" => headers(),
        b"request\0headers\0x-one" => "1".into(),
        b"request\0headers\0x-two" => "2".into(),
        b"request\0size" => Value::Int(7),
        b"request\0time" => Value::Timestamp(1_700_000_000_000_000_000),
        b"request\0duration" => Value::Duration(1_500_000_000),
        b"source\0port" => Value::Int(8080),
        b"connection\0mtls" => Value::Bool(false),
        b"connection\0id" => Value::Uint(7),
        b"raw" => Value::Bytes(vec![0xff, 0xfe]),
        b"list" => Value::List(vec![Value::Int(1), Value::Int(2)]),
        b"long" => Value::Bytes(vec![b'x'; 1000]),
        _ => return None,
    };
    Some(Property::Value(value))
}

fn evaluate(text: &str) -> Result<Value, Status> {
    value_of(text, property)
}

#[test]
fn attributes_are_asked_for_by_name() {
    for (text, expected) in [
        ("request.path", "/api/v1".into()),
        ("request['path']", "/api/v1".into()),
        ("node.id", "n".into()),
        ("node", Value::Bytes(vec![0x0a, 0x01, b'n'])),
        ("request.path.startsWith('/api') && source.port == 8080", Value::Bool(true)),
        ("request.headers['x-one'] + request.headers['x-two']", "12".into()),
        ("request.headers.size()", Value::Int(2)),
        ("request.headers.all(name, name.startsWith('x-'))", Value::Bool(true)),
        ("request.headers.exists(name, request.headers[name] == '2')", Value::Bool(true)),
        ("has(request.path)", Value::Bool(true)),
        ("has(request.method)", Value::Bool(false)),
        ("has(request.headers.nope)", Value::Bool(false)),
        ("'x-one' in request.headers", Value::Bool(true)),
        ("request.size + 1", Value::Int(8)),
        ("connection.id", Value::Uint(7)),
        ("connection.mtls ? 'yes' : 'no'", "no".into()),
        ("request.time", Value::Timestamp(1_700_000_000_000_000_000)),
        ("request.time.getFullYear()", Value::Int(2023)),
        ("request.duration > duration('1s')", Value::Bool(true)),
        ("request.duration", Value::Duration(1_500_000_000)),
        ("request.path.matches('^/api/v[0-9]+$')", Value::Bool(true)),
        ("raw", Value::Bytes(vec![0xff, 0xfe])),
        ("list.map(x, x * 2)", Value::List(vec![Value::Int(2), Value::Int(4)])),
        ("{'b': 1, 'a': 2}", Value::Map(vec![(b"a".to_vec(), Value::Int(2)), (b"b".to_vec(), Value::Int(1))])),
        ("nope.x == 1 || true", Value::Bool(true)),
        ("1.5", Value::Double(1.5)),
    ] {
        assert_eq!(evaluate(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_has_no_value_is_told() {
    for text in ["request.method", "nope", "1 / 0", "request.path + 1", "[1][2]", "request.headers['nope']"] {
        assert_eq!(evaluate(text), Err(Status::InternalFailure), "{text}");
    }
    for text in ["null", "[null]", "{1: null}"] {
        let encoded = evaluate(text).map(|value| value.encode());
        assert!(matches!(encoded, Ok(None) | Err(Status::SerializationFailure)), "{text}: {encoded:?}");
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for text in
        ["", "1 +", "request.", "nope(1)", "request.path.nope()", "Message{field: 1}", "'unended", "\u{0}", "(", "1 2"]
    {
        assert_eq!(evaluate(text), Err(Status::BadArgument), "{text:?}");
    }
}

/// Each error shows the line that it is in: all of them together were a hundred megabytes.
#[test]
fn of_what_is_no_expression_the_first_error_is_told() {
    let many = format!("[{}1]", "has(1),".repeat(4500));
    let error = Program::parse(&many).unwrap_err();
    assert!(error.len() < 3 * many.len(), "{}", error.len());
    assert!(error.starts_with("ERROR: <input>:1:"), "{error:.100}");
    let lines = |count: usize| format!("[{}1].size()", "1,\n".repeat(count - 1));
    assert_eq!(evaluate(&lines(512)), Ok(Value::Int(512)));
    assert!(Program::parse(&lines(513)).unwrap_err().contains("512 lines"));
}

/// Runs on the stack of a worker, at most. Everything must come to an end soon, whatever it is.
#[test]
fn hostile_texts_do_no_harm() {
    let mut texts: Vec<String> = Vec::new();
    for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("-", ""), ("!", ""), ("a[", "]"), ("size(", ")")] {
        for depth in [10, 63, 70, 300, 5000] {
            texts.push(format!("{}1{}", open.repeat(depth), close.repeat(depth)));
        }
    }
    for part in ["1+", "a.", "true&&", "true?1:", "1==", "a[0]", "'x'+", "[1]+", "!", ".a", "a.?", "b'", "\"\"\"", "\\"]
    {
        for times in [10, 300, 3000, 9000] {
            texts.push(format!("{}1", part.repeat(times)));
        }
    }
    let many = vec!["1"; 1000].join(",");
    let mut nested = "1".to_owned();
    let mut doubling = "long".to_owned();
    for level in 0..12 {
        nested = format!("[{many}].map(x{level}, {nested})");
        doubling = format!("[{doubling} + {doubling}].map(x{level}, x{level} + x{level} + x{level})");
        texts.push(nested.clone());
        texts.push(doubling.clone());
        texts.push(format!("{doubling}.size()"));
    }
    for pattern in ["(((a{100}){100}){100}){100}", "(x+x+)+y", "x{1000}{1000}", "(?:x|x|x)*$"] {
        texts.push(format!("long.matches('{pattern}')"));
        texts.push(format!("[{many}].all(x, long.matches('{pattern}'))"));
    }
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            for text in texts {
                let start = Instant::now();
                let _ = evaluate(&text);
                let head: String = text.chars().take(60).collect();
                assert!(start.elapsed() < Duration::from_secs(20), "{head} took {:?}", start.elapsed());
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

/// To find out what they cost would take for ever, if loops in loops were all looked at as often as they say.
#[test]
fn loops_within_each_other_are_refused_soon() {
    let nested = |items: &str, depth: usize| {
        (0..depth).fold("true".to_owned(), |text, level| format!("[{items}].all(x{level}, {text})"))
    };
    assert_eq!(evaluate(&nested("1", 50)), Err(Status::InternalFailure));
    assert_eq!(evaluate(&nested("1,2", 18)), Err(Status::InternalFailure));
    assert_eq!(evaluate(&nested("1,2", 8)), Ok(Value::Bool(true)));
    assert_eq!(evaluate(&nested("1,2,3,4,5,6,7,8,9,10", 3)), Ok(Value::Bool(true)));
}

#[test]
fn regular_expressions_cost_what_they_become() {
    let large = r"(\\w{30}){30}";
    for text in [
        // A few letters, and megabytes.
        format!("request.path.matches('{large}')"),
        "matches('a', '((a{100}){100}){10}')".to_owned(),
        // What is made while the expression is evaluated may become anything.
        "request.path.matches(request.path)".to_owned(),
        "['a'].exists(p, request.path.matches(p))".to_owned(),
        (0..1000).map(|n| format!("request.path.matches('a{{{}}}')", 500 + n)).collect::<Vec<_>>().join("||"),
    ] {
        assert_eq!(evaluate(&text), Err(Status::BadArgument), "{}", &text[..30]);
    }
    // One that is none is told of where it is applied, as in Envoy.
    assert_eq!(evaluate("request.path.matches('(')"), Err(Status::InternalFailure));
    let many = (0..20).map(|n| format!("request.path.matches('^/{n}[0-9]+/.*$')")).collect::<Vec<_>>().join("||");
    assert_eq!(evaluate(&many), Ok(Value::Bool(false)));
    let words = r"request.path.matches('^/(\\w+)/(\\d+)(\\?.*)?$')";
    assert_eq!(evaluate(words), Ok(Value::Bool(false)));
    // Each is made again each time.
    let often = format!("[{}].all(x, !request.path.matches('{large}'))", vec!["1"; 1000].join(",").as_str())
        .replace(large, "x{500}y");
    assert_eq!(evaluate(&often), Err(Status::InternalFailure));
}

/// A short text can name a large map often; what is answered is made of copies.
#[test]
fn what_the_result_is_made_of_counts() {
    let often = |times: usize| format!("[{}]", vec!["long"; times].join(","));
    assert!(evaluate(&often(100)).is_ok());
    assert_eq!(evaluate(&often(6000)), Err(Status::InternalFailure));
    assert_eq!(evaluate(&format!("{}.size()", often(6000))), Ok(Value::Int(6000)));
}

#[test]
fn ordinary_loops_are_allowed() {
    let many = vec!["'x-three'"; 100].join(",");
    let text = format!("[{many}].filter(n, !(n in request.headers)).size()");
    assert_eq!(evaluate(&text), Ok(Value::Int(100)));
    let squared = "list.map(x, list.map(y, x * y)).size()";
    assert_eq!(evaluate(squared), Ok(Value::Int(2)));
}

/// Bounded version of the fuzz target `expressions`.
#[test]
fn chosen_expressions_end_soon_and_do_not_panic() {
    let stack = std::thread::Builder::new().stack_size(2 << 20);
    let run = || {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let bytes = proptest::collection::vec(proptest::num::u8::ANY, 0..200);
        for _ in 0..3000 {
            let bytes = bytes.new_tree(&mut runner).unwrap().current();
            let text = tollgate_testkit::expressions::expression(&bytes);
            let start = Instant::now();
            let _ = evaluate(&text);
            assert!(start.elapsed() < Duration::from_secs(20), "{text} took {:?}", start.elapsed());
        }
    };
    stack.spawn(run).unwrap().join().unwrap();
}
